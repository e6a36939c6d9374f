"""What the guard does when its recorder is gone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dlprof.profilers.recorder.guard import MARK, Left, kill_marked, settle, watch
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader

ROOT = Path(__file__).parents[3]
CUT_IN_A_WRITE = """
import os, signal, sys
from pathlib import Path
import builder
writer = builder.new_writer(Path(sys.argv[1]))
writer.add([*builder.beginning(), *builder.turn(0)])
writer.commit(100 * builder.SECOND)
connection = writer._connection
for statement in ("COMMIT", "PRAGMA journal_mode = DELETE", "PRAGMA cache_size = 2", "BEGIN"):
    connection.execute(statement)
for index in range(1, 30):
    writer.add(builder.turn(index))
os.kill(os.getpid(), signal.SIGKILL)
"""
"""As on a network file system: SQLite has begun to change the file, and keeps what it was in a journal beside it."""


def test_guard_lines() -> None:
    lines = ["add 5\n", "add 6\n", "drop 5\n", "folder /a b\n", "session /s\n"]
    assert watch(lines) == Left({6}, ["/a b"], ["/s"])
    assert watch([*lines, "done\n"]) == Left()


def test_a_write_that_was_cut_in_the_middle_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'session'}"}
    done = subprocess.run([sys.executable, "-c", CUT_IN_A_WRITE, str(path)], env=environment)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(SessionError, match="PRAGMA quick_check"):
        SessionReader(path).history()
    settle(str(path))
    history = SessionReader(path).history()
    assert [len(run.steps) for run in history.runs] == [20, 20, 20]
    assert [file.name for file in tmp_path.iterdir()] == ["a.dlprof"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the environment of a process")
def test_marked_processes_are_killed_wherever_they_went() -> None:
    command = [sys.executable, "-I", "-c", "print(flush=True); input()"]
    started = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, env={MARK: mark}
        )
        for mark in ("a.1.", "a.11.")
    ]
    for process in started:
        assert process.stdout is not None
        process.stdout.readline()
    kill_marked("a.1.")
    assert started[0].wait() == -signal.SIGKILL
    assert started[1].poll() is None
    for process in started:
        process.kill()
        process.communicate()
