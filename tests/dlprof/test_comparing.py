"""`dlprof compare` on real files."""

import json
from pathlib import Path

import builder
import pytest
from made_sessions import made

from dlprof.cli import _parser, main
from dlprof.live import comparing_app
from dlprof.session.records import Event


def sides(folder: Path, slower: float) -> tuple[str, ...]:
    before, after = (
        [made(folder, n, factor) for n in numbers] for factor, numbers in ((1.0, (0, 2, 4)), (slower, (1, 3, 5)))
    )
    return ("--baseline", *before, "--candidate", *after)


@pytest.mark.parametrize(("slower", "code", "words"), [(1.0, 0, "no regression"), (1.1, 1, "torch step: slower, +")])
def test_the_exit_code_says_what_came_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], slower: float, code: int, words: str
) -> None:
    assert main(["compare", *sides(tmp_path, slower)]) == code
    assert words in capsys.readouterr().out


def test_two_recordings_are_inconclusive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", made(tmp_path, 0), made(tmp_path, 1, 1.05)]) == 3
    assert "or more would be named" in " ".join(capsys.readouterr().out.split())


def test_a_failed_run_of_the_candidate_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failing = tmp_path / "failed.dlprof"
    writer = builder.new_writer(failing, started_at="2026-01-02T04:00:00+00:00", complete=True)
    writer.add(builder.beginning())
    writer.add([Event(4, 2, "status", {"status": "failed", "cause": "no \x1b[1mmemory"})])
    writer.finish(100 * builder.SECOND)
    assert main(["compare", made(tmp_path, 0), str(failing)]) == 1
    assert "mnist-mlp tensorflow: no memory" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("form", ["json", "markdown", "junit", "text"])
def test_every_format_can_be_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    assert main(["compare", *sides(tmp_path, 1.1), "--format", form, "--gate", "step,memory"]) == 1
    out = capsys.readouterr().out
    if form == "json":
        data = json.loads(out)
        assert [lane["lane"] for lane in data["lanes"]] == ["torch", "tensorflow", "keras"]
        assert sum(row["gates"] for lane in data["lanes"] for row in lane["rows"]) == 6
    assert "slower" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("A",), ("1 session given", "dlprof compare A B", "--baseline")),
        (("A", "B", "C"), ("3 sessions given",)),
        (("--baseline", "A"), ("both --baseline", "--candidate")),
        (("A", "B", "--candidate", "C"), ("both --baseline",)),
        (("A", "B", "--margin", "0.03"), ("--margin", "'0.03' can mean 0.03% or 3%", "%")),
        (("A", "B", "--margin", "much"), ("--margin", "'much'", "such as 3%")),
        (("A", "B", "--margin", "0%"), ("--margin", "'0%'")),
        (("A", "B", "--gate", "speed"), ("--gate 'speed'", "step", "memory", "host_peak_bytes")),
        (("A", "B", "--gate", ","), ("--gate is empty",)),
        (("A", "B", "--gate", "gpu_process_peak_bytes"), ("--gate gpu_process_peak_bytes has no row", "GPU process")),
        (("A", "nowhere"), ("no session 'nowhere'", "dlprof sessions")),
        (("A", "A"), ("stands there twice", "--force")),
        (("A", "B", "--reference", "jax"), ("no lane 'jax'", "torch")),
        (("A", "SMALL"), ("batch_size: 128 -> 64", "--force")),
    ],
)
def test_misuse_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    files = {
        "A": made(tmp_path, 0),
        "B": made(tmp_path, 1),
        "C": made(tmp_path, 2),
        "SMALL": made(tmp_path, 3, 1.0, 64),
    }
    assert main(["compare", *(files.get(word, word) for word in arguments)]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert all(word in said for word in words), said


def test_a_screen_needs_a_terminal_and_has_no_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = made(tmp_path, 0), made(tmp_path, 1)
    assert main(["compare", *files, "--screen"]) == 2
    assert "no terminal here; print the comparison instead" in capsys.readouterr().err
    assert main(["compare", *files, "--screen", "--format", "json"]) == 2
    assert "cannot be given with" in capsys.readouterr().err


async def test_the_screen_shows_the_comparison_asked_for(tmp_path: Path) -> None:
    words = ["compare", *sides(tmp_path, 1.1), "--screen", "--margin", "5%", "--gate", "step,memory"]
    app = comparing_app(_parser().parse_args(words))
    async with app.run_test(size=(120, 40)) as pilot:
        while "regression (gate step, memory; margin 5 %)" not in app.export_screenshot().replace("&#160;", " "):
            await pilot.pause(0.02)


def test_what_is_refused_can_be_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", made(tmp_path, 0), made(tmp_path, 1, 1.0, 64), "--force"]) == 3
    assert "forced, the figures have no meaning" in capsys.readouterr().out


@pytest.mark.parametrize("margin", ["5%", "5 %", "5", "5.0"])
def test_a_percentage_has_a_sign_or_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], margin: str) -> None:
    main(["compare", made(tmp_path, 0), made(tmp_path, 1), "--margin", margin, "--format", "json"])
    assert json.loads(capsys.readouterr().out)["margin"] == 0.05


def test_a_redacted_copy_is_the_same_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    original, copy = made(tmp_path, 0, id="a1"), str(tmp_path / "b.dlprof")
    assert main(["export", original, "--format", "dlprof", "--redact", "-o", copy]) == 0
    assert main(["compare", original, copy]) == 2
    assert "stands there twice" in capsys.readouterr().err
