import os
import platform
import sqlite3
import subprocess
import sys
from pathlib import Path

import builder
import pytest

from dlprof.session import store
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.records import Event

SETTINGS = {"lanes": ["torch", "tensorflow", "keras"], "tasks": ["mnist-mlp"]}
HERE = {"pid": os.getpid(), "host": platform.node()}


def session(path: Path, *endings: str, finished: bool = True, **meta: object) -> Path:
    """A session with a first turn, whose first runs then ended like this."""
    writer = builder.new_writer(path, **{"settings": SETTINGS, **meta})
    writer.add([*builder.beginning(), *builder.turn(0)])
    writer.add(Event(9, run, "status", {"status": status}) for run, status in enumerate(endings, 1))
    writer.commit(10)
    if finished:
        writer.finish(10)
    return path


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
    live = session(tmp_path / "c", "killed", finished=False, recorder=HERE)
    assert store.summary(live).state == "recording"
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    cut = session(tmp_path / "d", "killed", finished=False, recorder={**HERE, "pid": gone.pid})
    assert store.summary(cut).state == "cut short, 1 of 3 runs failed"
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
    named = session(store.path_of(tmp_path, "my run: 1"), name="my run: 1")
    assert named.name == "my-run--1.dlprof"
    moved = session(tmp_path / "other.dlprof", name="my run: 1")
    option = session(tmp_path / "-x.dlprof", name="--help")
    words = {s.path: store.word_for(tmp_path, s) for s in store.sessions_in(tmp_path)}
    assert words == {named: "my run: 1", moved: "other", option: str(option)}
    assert all(store.find(tmp_path, word) == path for path, word in words.items())


@pytest.mark.parametrize("word", ["x" * 5000, "", "a\0b"])
def test_words_that_can_be_no_file(tmp_path: Path, word: str) -> None:
    with pytest.raises(SessionError, match="no session"):
        store.find(tmp_path, word)
