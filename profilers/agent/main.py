"""The life of a training process, from its first message to its exit code."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import socket
import sys
import traceback

from dlprof.profilers.agent.lane import Lane, RecorderGone
from dlprof.profilers.agent.memory import Footprint
from dlprof.profilers.agent.orphan import end_with_recorder
from dlprof.profilers.agent.permission import allow_tracing_by


def main(control_fd: str, steps_fd: str) -> int:
    """Train as the recorder says; the exit code is 0, or 1 after an exception (which is reported first)."""
    end_with_recorder()
    faulthandler.enable()
    lane = Lane(socket.socket(fileno=int(control_fd)), int(steps_fd))
    try:
        allow_tracing_by(int(lane.config["tracer_pid"]))
        train(lane)
    except RecorderGone:
        return 1
    except BaseException as error:  # whatever ends the run belongs into the session
        with contextlib.suppress(RecorderGone):
            lane.failed(type(error).__name__, str(error), traceback.format_exc())
        return 1
    return 0


def train(lane: Lane) -> None:
    """Import the lane's framework and run its training loop."""
    lane.describe(python=sys.version.split()[0], interpreter=sys.executable)
    lane.status("importing")
    footprint = Footprint(lane.describe)
    workload = importlib.import_module(str(lane.config["module"]))
    footprint.reached("imported")
    lane.reached = footprint.reached
    workload.train(lane)
