"""Lanes whose recorder and whose guard were killed together: nobody is left to end them."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import psutil
import pytest
from made_lanes import Recording, faulty, interpreter_with_lanes, until

from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG")]


def has_stepped(path: Path) -> bool:
    try:
        runs = SessionReader(path).history().runs
    except SessionError:
        return False
    return len(runs) == 2 and all(len(run.turns) > 1 for run in runs)


def test_stopped_lanes_end_with_their_workers(tmp_path: Path) -> None:
    python = interpreter_with_lanes(tmp_path)
    recording = Recording(faulty(tmp_path / "a.dlprof", python, "has_a_worker", "is_deaf"))
    until(lambda: has_stepped(tmp_path / "a.dlprof"))
    until(lambda: len(recording.lanes()) == 3)  # two lanes and a worker
    guard = recording.guard()
    guard.send_signal(signal.SIGSTOP)  # it would be done before it is killed itself
    recording.process.send_signal(signal.SIGSTOP)
    until(lambda: any(lane.status() == psutil.STATUS_STOPPED for lane in recording.lanes()))
    recording.process.kill()
    guard.kill()
    until(lambda: not recording.lanes())
    recording.end()
    for process in recording.processes():  # a stopped py-spy has nobody that would end it
        process.kill()
    history = SessionReader(tmp_path / "a.dlprof").history()
    assert not history.complete
    assert all(len(run.steps) for run in history.runs)
