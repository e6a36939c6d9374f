"""A recorder found at work, told by signals; here it is a process that says what it heard."""

import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlprof.control import WatchedRecorder
from dlprof.session.liveness import process_start

PROGRAM = """
import signal, sys
def heard(number, frame): print(signal.Signals(number).name, flush=True)
signal.signal(signal.SIGUSR1, heard)
signal.signal(signal.SIGUSR2, heard)
print("ready", flush=True)
sys.stdin.read()
"""
Process = subprocess.Popen[str]


@pytest.fixture
def process() -> Iterator[Process]:
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def meta(process: Process, **changed: Any) -> dict[str, Any]:
    start = process_start(process.pid)
    return {"complete": False, "recorder": {"pid": process.pid, "host": platform.node(), "start": start, **changed}}


def test_signals_reach_the_recorder(process: Process) -> None:
    recorder = WatchedRecorder(Path("a"), meta(process))
    assert process.stdout is not None
    assert recorder.is_recording()
    assert recorder.is_ours()
    recorder.next_task()
    assert process.stdout.readline() == "SIGUSR2\n"
    recorder.stop()
    assert process.stdout.readline() == "SIGUSR1\n"
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not recorder.is_recording()  # a zombie: dead, its parent has not looked yet
    process.wait()
    assert not recorder.is_recording()
    assert not recorder.is_ours()
    recorder.stop()


@pytest.mark.parametrize(
    "changed", [{"start": "1"}, {"host": "elsewhere"}, {"pid": -1}, {"pid": "1"}, {"pid": 2**40}, {"start": None}]
)
def test_no_other_process_is_taken_for_the_recorder(process: Process, changed: dict[str, Any]) -> None:
    recorder = WatchedRecorder(Path("a"), meta(process, **changed))
    assert not recorder.is_recording()
    assert not recorder.is_ours()


def test_a_stop_waits_for_the_end(process: Process) -> None:
    """The process hears a first signal, and ends by the second, as one does that had not listened before."""
    assert process.stdin is not None and process.stdout is not None
    recorder = WatchedRecorder(Path("a"), meta(process))
    waiting = threading.Thread(target=recorder.stop_and_wait)
    waiting.start()
    assert [process.stdout.readline() for _ in range(2)] == ["SIGUSR1\n"] * 2
    assert waiting.is_alive()
    process.stdin.close()
    waiting.join(60)
    assert not waiting.is_alive()
    assert not recorder.is_recording()


def test_a_complete_session_has_no_recorder(process: Process) -> None:
    assert not WatchedRecorder(Path("a"), {**meta(process), "complete": True}).is_recording()
    assert not WatchedRecorder(Path("a"), {}).is_recording()
