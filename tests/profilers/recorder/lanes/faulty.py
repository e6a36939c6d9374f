"""A lane without a framework, of short steps, that goes wrong as its mode says.

Where $LANE_LOG names a folder, each step is also written there, to compare with what the session holds of it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dlprof.profilers.agent.lane import Lane

STEP_SECONDS = 0.002
FAULT_STEP = 100
"""In the first turn after the warm-up, when some steps have been handed over."""
PR_SET_DUMPABLE = 4
LOGGED = struct.Struct("<qq")
"""A step's index and when it ended, by the monotonic clock, ns."""


def train(lane: Lane) -> None:
    """Step as the recorder says, and do what the mode says at FAULT_STEP."""
    lane.status("warming up")
    log = _log()
    fault = FAULTS[lane.config["mode"]]
    if fault is cannot_be_read:
        fault(lane)
    mark = lane.start_training(lambda: None, lambda: (None, None, None, "no allocator"))
    while mark is not None:
        time.sleep(STEP_SECONDS)
        end_ns = time.perf_counter_ns()
        lane.record(mark, end_ns - mark.start_ns, (0, 0, 0, 0, 1.0))
        if log is not None:
            os.write(log, LOGGED.pack(mark.number, end_ns))
        if mark.number == FAULT_STEP:
            fault(lane)
        mark = lane.next_step(end_ns)
    if fault is never_ends:
        time.sleep(3600)
    lane.status("evaluating")


def no_fault(lane: Lane) -> None:
    pass


def floods(lane: Lane) -> None:
    """64 MB on either stream, without an end of line."""
    for _ in range(1024):
        os.write(1, b"\x1b[2Jx" * 13_000)
        os.write(2, b"\xff" * 65_536)
    os.write(2, b"the last words\n")


def forks_and_dies(lane: Lane) -> None:
    """Leave a child in the process group and one in a session of its own, both with the lane's streams and pipes."""
    command = [sys.executable, "-I", "-c", "import time; time.sleep(3600)"]
    subprocess.Popen(command, close_fds=False)
    subprocess.Popen(command, close_fds=False, start_new_session=True)
    os.kill(os.getpid(), signal.SIGKILL)


def has_a_worker(lane: Lane) -> None:
    """Fork, as a loader of data does."""
    if os.fork() == 0:
        time.sleep(3600)


def is_deaf(lane: Lane) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)


def hangs(lane: Lane) -> None:
    time.sleep(3600)


def hangs_at_the_boundary(lane: Lane) -> None:
    lane._on_idle = lambda: time.sleep(3600)


def never_reports(lane: Lane) -> None:
    """Step on, and never come to a boundary."""
    mark = lane.next_step(time.perf_counter_ns())
    while mark is not None:
        time.sleep(STEP_SECONDS)
        end_ns = time.perf_counter_ns()
        lane.record(mark, end_ns - mark.start_ns, (0, 0, 0, 0, 1.0))
        lane._hand_over()
        mark = mark._replace(number=mark.number + 1, start_ns=end_ns)


def never_ends(lane: Lane) -> None:
    pass


def talks_rubbish(lane: Lane) -> None:
    for line in (b'{"kind": "idle"}', b'{"kind": "probe", "t_ns": "x"}', b"[1]", b'{"kind": "status", "t_ns": 1e999}'):
        lane._control.sendall(line + b"\n")
    lane._control.sendall(b'{"kind": "idle", "turn": 0, "allocator": 3}\n')
    lane._control.sendall(b'{"kind": "described", "deep": ' + b"[" * 100_000 + b"\n")
    Path(lane.config["run_dir"], "logits.npy").write_bytes(b"\x93NUMPY\xff rubbish")
    lane.predicted()


def leaves_without_a_word(lane: Lane) -> None:
    os._exit(0)


def cannot_be_read(lane: Lane) -> None:
    """No process may trace it from now on, but for one with the capability to trace all."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


FAULTS: dict[str, Callable[[Lane], None]] = {
    "default": no_fault,
    **{
        fault.__name__: fault
        for fault in (
            floods,
            forks_and_dies,
            has_a_worker,
            is_deaf,
            hangs,
            hangs_at_the_boundary,
            never_reports,
            never_ends,
            talks_rubbish,
            leaves_without_a_word,
            cannot_be_read,
        )
    },
}


def _log() -> int | None:
    folder = os.environ.get("LANE_LOG")
    if folder is None:
        return None
    run = os.environ["DLPROF_LANE"].split(".")[-2]
    return os.open(f"{folder}/{run}", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
