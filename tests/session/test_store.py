import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import builder
import pytest

from dlprof.session import store
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.liveness import own_entry
from dlprof.session.records import Event
from dlprof.session.writer import SessionWriter

SETTINGS = {"lanes": ["torch", "tensorflow", "keras"], "tasks": ["mnist-mlp"]}
HERE = own_entry()
GONE = {**HERE, "start": "before"}
"""A recorder that is gone; its number belongs to another process by now."""
ELSEWHERE = {**HERE, "host": "node-7"}
OPEN: list[SessionWriter] = []


def session(path: Path, *endings: str, finished: bool = True, **meta: object) -> Path:
    """A session with a first turn, whose first runs then ended like this."""
    writer = builder.new_writer(path, **{"settings": SETTINGS, **meta})
    writer.add([*builder.beginning(), *builder.turn(0)])
    writer.add(Event(9, run, "status", {"status": status}) for run, status in enumerate(endings, 1))
    writer.commit(10)
    if finished:
        writer.finish(10)
    else:
        OPEN.append(writer)
    return path


@pytest.fixture(autouse=True)
def sessions_stay_open() -> Iterator[None]:
    """Those that are not finished, up to the end of the test: to close one writes to it."""
    yield
    while OPEN:
        OPEN.pop().discard()


@pytest.mark.parametrize(
    ("endings", "state"),
    [
        (("completed", "completed", "completed"), "complete"),
        (("completed", "killed", "completed"), "1 of 3 runs failed"),
        (("failed", "unavailable", "killed"), "3 of 3 runs failed"),
        (("completed", "interrupted", "interrupted"), "interrupted"),
        (("failed", "interrupted", "interrupted"), "interrupted, 1 of 3 runs failed"),
    ],
)
def test_the_state_tells_what_became_of_the_runs(tmp_path: Path, endings: tuple[str, ...], state: str) -> None:
    path = session(tmp_path / "a.dlprof", *endings)
    assert store.summary(path).state == state
    assert tuple(SessionReader(path).statuses().values()) == endings


def test_the_state_of_a_session_that_was_not_finished_or_ended_early(tmp_path: Path) -> None:
    stopped = session(tmp_path / "a", *["completed"] * 3, settings={**SETTINGS, "tasks": ["mnist-mlp", "text-lstm"]})
    assert store.summary(stopped).state == "stopped after 3 of 6 runs"
    repeated = session(tmp_path / "b", *["completed"] * 3, settings={**SETTINGS, "repeat": 3})
    assert store.summary(repeated).state == "stopped after 3 of 9 runs"
    assert store.summary(session(tmp_path / "h", *["stopped"] * 3)).state == "stopped early"
    of_two = session(tmp_path / "i", "stopped", "stopped", settings={**SETTINGS, "repeat": 2})
    assert store.summary(of_two).state == "stopped after 3 of 6 runs, 2 of them early"
    next_task = session(tmp_path / "j", "stopped", "completed", "killed")
    assert store.summary(next_task).state == "1 of 3 runs stopped early, 1 of 3 runs failed"
    live = session(tmp_path / "c", "killed", finished=False, recorder=HERE)
    assert store.summary(live).state == "recording"
    cut = session(tmp_path / "d", "killed", finished=False, recorder=GONE)
    assert store.summary(cut).state == "unfinished, 1 of 3 runs failed"
    foreign = session(tmp_path / "f", finished=False, recorder=ELSEWHERE)
    assert store.summary(foreign).state == "unfinished on node-7"
    assert store.summary(session(tmp_path / "g", "completed", recorder=ELSEWHERE)).host is None
    (tmp_path / "e").write_text("rubbish")
    assert "not a dlprof session" in store.summary(tmp_path / "e").state


def test_rubbish_in_an_event_or_a_setting_is_a_problem_or_nothing(tmp_path: Path) -> None:
    path = session(tmp_path / "a", "completed", settings={"lanes": 3, "tasks": "x", "repeat": "much"})
    assert store.summary(path).state == "complete"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE event SET data = '[1' WHERE kind = 'status'")
    connection.close()
    assert "damaged" in store.summary(path).state


def test_the_word_for_a_session_leads_to_it(tmp_path: Path) -> None:
    kept = session(store.path_of(tmp_path, "my run: 1"), name="my run: 1")
    assert kept.name == "my-run--1.dlprof"
    moved = session(tmp_path / "other.dlprof", name="my run: 1")
    option = session(tmp_path / "-x.dlprof", name="--help")
    words = {s.path: store.word_for(tmp_path, s) for s in store.sessions_in(tmp_path)}
    assert words == {kept: "my run: 1", moved: "other", option: str(option)}
    assert all(store.find(tmp_path, word) == path for path, word in words.items())


@pytest.mark.parametrize("word", ["x" * 5000, "", "a\0b"])
def test_words_that_can_be_no_file(tmp_path: Path, word: str) -> None:
    with pytest.raises(SessionError, match="no session"):
        store.find(tmp_path, word)


@pytest.mark.parametrize(("kind", "what"), [("fifo", "a pipe"), ("folder", "a folder"), ("/dev/null", "a device")])
def test_what_is_no_file_is_called_what_it_is(tmp_path: Path, kind: str, what: str) -> None:
    word = kind if kind == "/dev/null" else str(tmp_path / kind)
    if kind == "fifo":
        os.mkfifo(word)
    elif kind == "folder":
        Path(word).mkdir()
    for look in (store.find, store.find_live, store.find_finished):
        with pytest.raises(SessionError, match=f"'{word}' is {what}, not a session's file"):
            look(tmp_path, word)
    assert what in store.summary(Path(word)).state


def old(path: Path) -> Path:
    """As if nobody had written to it for an hour."""
    for one in path.parent.glob(f"{path.name}*"):
        os.utime(one, (time.time() - 3600, time.time() - 3600))
    return path


def named(folder: Path, name: str, recorder: object, *, finished: bool = False) -> Path:
    return session(store.path_of(folder, name), "completed", name=name, finished=finished, recorder=recorder)


def test_the_newest_session_that_is_being_recorded(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match=r"nothing is being recorded in .*--detach"):
        store.find_live(tmp_path, None)
    live = old(named(tmp_path, "live", HERE))
    named(tmp_path, "cut", GONE)
    named(tmp_path, "done", HERE, finished=True)
    assert store.find_live(tmp_path, None) == live
    assert store.find_live(tmp_path, "live") == live
    assert store.find(tmp_path, None) != live


@pytest.mark.parametrize(
    ("recorder", "finished", "words"),
    [
        (HERE, True, ("complete", "dlprof replay 'a b'")),
        (GONE, False, ("unfinished", "dlprof replay")),
        (ELSEWHERE, False, ("node-7", "watch it there")),
    ],
)
def test_what_is_not_recorded_here_cannot_be_watched(
    tmp_path: Path, recorder: object, finished: bool, words: tuple[str, ...]
) -> None:
    named(tmp_path, "a b", recorder, finished=finished)
    with pytest.raises(SessionError) as refused:
        store.find_live(tmp_path, "a b")
    assert all(word in str(refused.value) for word in words)


def test_a_session_that_another_host_writes_is_replayed_once_it_rests(tmp_path: Path) -> None:
    path = named(tmp_path, "a", ELSEWHERE)
    with pytest.raises(SessionError, match="recorded on node-7"):
        store.find_finished(tmp_path, "a")
    with pytest.raises(SessionError, match="just now"):
        store.delete(tmp_path, path)
    old(path)
    assert store.find_finished(tmp_path, "a") == path
    store.delete(tmp_path, path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_being_recorded_is_not_deleted(tmp_path: Path) -> None:
    path = named(tmp_path, "my run", HERE)
    with pytest.raises(SessionError, match="dlprof sessions stop 'my run'"):
        store.delete(tmp_path, path)
    assert store.summary(path).live


def test_a_session_is_deleted_with_all_that_lies_beside_it(tmp_path: Path) -> None:
    path = named(tmp_path, "a", GONE)
    for suffix in ("-journal", "-shm", "-wal", ".log"):
        Path(f"{path}{suffix}").touch()
    other = named(tmp_path, "a-wal", GONE, finished=True)
    store.delete(tmp_path, path)
    assert list(tmp_path.iterdir()) == [other]


def test_a_damaged_file_is_deleted_only_in_the_folder_of_sessions(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "a.dlprof").write_text("rubbish")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SessionError, match="not deleted"):
        store.delete(tmp_path, tmp_path / "a.dlprof")  # perhaps just beginning
    for folder, path in ((tmp_path, tmp_path / "notes.txt"), (tmp_path / "folder", tmp_path / "a.dlprof")):
        with pytest.raises(SessionError, match="not a dlprof session: not deleted"):
            store.delete(folder, old(path))
    store.delete(tmp_path, tmp_path / "a.dlprof")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "notes.txt"]


def test_a_link_is_deleted_and_not_what_it_leads_to(tmp_path: Path) -> None:
    real = named(tmp_path, "real", GONE, finished=True)
    (tmp_path / "link.dlprof").symlink_to(real)
    store.delete(tmp_path, tmp_path / "link.dlprof")
    assert list(tmp_path.iterdir()) == [real]


def test_a_name_of_more_than_one_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, here = tmp_path / "sessions", tmp_path / "here"
    folder.mkdir()
    here.mkdir()
    kept = named(folder, "a", GONE, finished=True)
    mine = session(here / "a.dlprof", "completed")
    monkeypatch.chdir(here)
    assert store.find(folder, "a") == kept
    with pytest.raises(SessionError, match=r"more than one file; say which: .*/sessions/a.dlprof or ./a.dlprof"):
        store.find(folder, "a.dlprof")
    assert store.find(folder, "./a.dlprof").samefile(mine)
    assert store.find(folder, str(kept)) == kept
    monkeypatch.chdir(folder)
    assert store.find(folder, "a.dlprof") == kept


def test_sessions_that_vanish_while_they_are_listed(tmp_path: Path) -> None:
    kept = named(tmp_path, "a", GONE, finished=True)
    (tmp_path / "gone.dlprof").symlink_to(tmp_path / "nothing")
    assert [found.path for found in store.sessions_in(tmp_path) if found.problem is None] == [kept]
