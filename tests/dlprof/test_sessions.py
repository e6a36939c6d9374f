from pathlib import Path

import builder
import pytest

from dlprof.cli import main
from dlprof.session import store
from dlprof.session.liveness import own_entry


def session(folder: Path, name: str, **meta: object) -> Path:
    writer = builder.new_writer(store.path_of(folder, name), name=name, **meta)
    if "recorder" in meta:
        writer.commit(1)
    else:
        writer.finish(1)
    return writer.path


def test_the_list_shows_notes_and_sizes_and_no_control_characters(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session(folder, "plain", note="before\nthe \x1b[31mchange\u202e")
    assert main(["sessions"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.isprintable()
    assert line.endswith("before the change")
    assert " MB  " in line


def test_several_are_deleted_and_none_where_one_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b, c = (session(folder, name) for name in ("a", "b", "c"))
    assert main(["sessions", "rm", "a", "nothing"]) == 2
    assert "no session 'nothing'" in capsys.readouterr().err
    assert main(["sessions", "rm", "a", str(b)]) == 0
    assert capsys.readouterr().out == f"deleted {a}\ndeleted {b}\n"
    assert list(folder.iterdir()) == [c]
    assert main(["sessions", "rm"]) == 2  # never the newest by accident


@pytest.mark.parametrize(
    ("recorder", "words"),
    [
        (None, "not being recorded (stopped after 0 of 6 runs)"),
        ({"start": "before"}, "not being recorded (unfinished)"),
        ({"host": "node-7"}, "recorded on node-7"),
    ],
)
def test_what_is_not_recorded_here_cannot_be_stopped_or_watched(
    folder: Path, capsys: pytest.CaptureFixture[str], recorder: dict[str, str] | None, words: str
) -> None:
    session(folder, "a", **({} if recorder is None else {"recorder": {**own_entry(), **recorder}}))
    for command in (("sessions", "stop", "a"), ("watch", "a")):
        assert main([*command]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert words in line


def test_a_folder_that_fills_is_warned_of_and_a_full_one_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session(folder, "a")
    with (folder / "large.dlprof").open("wb") as file:
        file.truncate(1_700_000)
    monkeypatch.setenv("DLPROF_SESSIONS_GB", "0.002")
    assert main(["sessions"]) == 0
    said = capsys.readouterr().err
    assert "of 0.002 GB: delete some: dlprof sessions rm NAME" in said
    monkeypatch.setenv("DLPROF_SESSIONS_GB", "0.001")
    assert main(["--record", "--lanes", "torch"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "of 0.001 GB" in line
    assert "--record PATH" in line
    monkeypatch.delenv("DLPROF_SESSIONS_GB")
    assert main(["sessions"]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("DLPROF_SESSIONS_GB", "much")
    assert main(["sessions"]) == 2
    assert "DLPROF_SESSIONS_GB: 'much' is not a number" in capsys.readouterr().err
