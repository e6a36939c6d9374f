"""Kills a process of a recording at a moment, and tells what was lost of it."""

from __future__ import annotations

import os
import pty
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from made_lanes import ENOUGH_SECONDS, FOREGROUND, Recording, faulty, steps_logged

from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader

VICTIMS = ("recorder", "lane", "viewer")
GRACE_NS = 1_000_000_000
"""What a process had in hand for less than this may be lost with it."""
VIEWER = """
import os, sys
from dlprof.control import RecorderProcess
from dlprof.profilers.recorder.plan import Plan
from dlprof.tui.app import DlprofApp
from dlprof.tui.feed import Feed
plan = Plan.from_json(sys.stdin.readline())
for descriptor in (0, 1):
    os.dup2(2, descriptor)
recording = RecorderProcess(plan)
DlprofApp(Feed(recording.path, recording.is_recording, recording.failure), 4, None, recording).run()
"""


@dataclass(frozen=True)
class Aftermath:
    """What came of a kill `moment_s` after the recording's start; `file`: `none`, `opens`, or why it does not."""

    moment_s: float
    file: str
    lost: int
    """Steps that are missing: all of a run that was completed, of others those older than GRACE_NS at the kill."""
    remaining: int
    """Processes that are still there when all should have ended."""
    ended: dict[str, str]
    """The last status of each lane's run."""


def kill(victim: str, moment_s: float, folder: Path, python: str) -> Aftermath:
    """Record two lanes in `folder`, kill one of VICTIMS once it is `moment_s` old, and look at what is left."""
    path, log = folder / "a.dlprof", folder / "log"
    log.mkdir()
    plan = faulty(path, python, "default", "is_deaf", duration_s=1.0 if victim == "lane" else None)
    environment = {"LANE_LOG": str(log), "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    screen, terminal = pty.openpty()
    os.set_blocking(screen, False)
    options = {"stderr": terminal, "start_new_session": True}
    command = (sys.executable, "-c", VIEWER) if victim == "viewer" else FOREGROUND
    recording = Recording(plan, command=command, environment=environment, options=options)
    try:
        if victim == "lane":
            _wait(lambda: bool(recording.lanes()), screen)
        began = time.monotonic()
        _wait(lambda: time.monotonic() >= began + moment_s, screen)
        killed_ns = time.monotonic_ns()
        _kill(recording, victim)
        _wait(recording.gone, screen)
        remaining = recording.processes()
        return _aftermath(moment_s, path, log, killed_ns - GRACE_NS, len(remaining))
    finally:
        for process in recording.processes():
            process.kill()
        recording.end()
        for descriptor in (screen, terminal):
            os.close(descriptor)


def _kill(recording: Recording, victim: str) -> None:
    targets = recording.lanes()[:1] if victim == "lane" else [psutil.Process(recording.process.pid)]
    for target in targets:
        target.kill()


def _wait(condition: Callable[[], bool], screen: int) -> None:
    """Until `condition`, or for ENOUGH_SECONDS; what comes on the terminal is read meanwhile."""
    deadline = time.monotonic() + ENOUGH_SECONDS
    while not condition() and time.monotonic() < deadline:
        with suppress(BlockingIOError):
            os.read(screen, 1 << 16)
        time.sleep(0.01)


def _aftermath(moment_s: float, path: Path, log: Path, before_ns: int, remaining: int) -> Aftermath:
    """`before_ns`: steps that ended later may be missing, except where a run was completed."""
    file, history = "opens", None
    try:
        history = SessionReader(path).history()
    except SessionError as error:
        file = str(error) if path.exists() else "none"
    runs = {run.run.id: run for run in history.runs} if history else {}
    lost = 0
    for number in (int(file.name) for file in log.iterdir()):
        run = runs.get(number)
        found = {int(index) for index in run.steps.column("index")} if run else set[int]()
        completed = run is not None and run.status == "completed"
        lost += sum(
            index not in found and (completed or end_ns < before_ns)
            for index, end_ns in steps_logged(log, number).items()
        )
    ended = {run.run.lane: run.status for run in history.runs} if history else {}
    return Aftermath(moment_s, file, lost, remaining, ended)
