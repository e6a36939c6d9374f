"""Runs a recorder: in the foreground, or as a process of its own (``python -m dlprof.recording``)."""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO
from uuid import uuid4

from dlprof import __version__, interrupts
from dlprof.profilers.collectors.host import machine
from dlprof.profilers.recorder.plan import Plan, Workloads
from dlprof.profilers.recorder.recorder import Recorder
from dlprof.progress import announce_progress
from dlprof.session.errors import SessionError, UnusableData
from dlprof.session.file import SessionReader
from dlprof.session.liveness import own_entry
from dlprof.session.writer import LOG, SessionWriter, create_empty
from dlprof.workloads.data import prepare

WORKLOADS = Workloads(
    prepare,
    apart="dlprof.workloads.data_sets.preparing",
    evaluation="dlprof.workloads.evaluation",
    trial="dlprof.workloads.deploy.trial",
    installation="dlprof.workloads.deploy.installation",
)
RECORDING = "recording"
"""What a recorder says on stdout to whoever started it."""


def record(plan: Plan, control: TextIO | None, opening: str | None = None) -> int:
    """Record `plan`; `control` is the pipe of whoever started this process, if any. The exit code.

    Without one, `opening` is announced first, and the session's path is printed at the end. With one, RECORDING is
    printed when the recording goes on; from then on what there is to say goes into a log beside the session, which is
    deleted where all of it is in the session, and what ended the recording is printed too. Ended before a run began,
    it leaves no session. Where the session can be written no more, such as on a full disk, or was deleted, it says so,
    and the exit code is 1; so where a data set is of no use, 2 where that leaves nothing recorded.

    Raises:
        SessionError: no session can be created at the plan's path.
    """
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)  # the file names this process before the recorder listens
    path, description, trouble = Path(plan.path), describe(plan), None
    with interrupts.noted() as noted:
        writer = SessionWriter(path, description)
        if opening is not None:
            _announce(opening)
        try:
            code = asyncio.run(_record(Recorder(plan, writer, WORKLOADS, _announce), plan, control, noted))
        except SessionError as error:
            trouble = error
            _announce(str(error))
            if control is not None:
                with suppress(OSError):
                    os.write(sys.stdout.fileno(), f"{error}\n".encode())  # the log goes where no session is left
            code = 2 if isinstance(error, UnusableData) and not _has_runs(path) else 1
        if code and not _has_runs(path):
            writer.discard()
            return code
    if control is None:
        if code == interrupts.EXIT_CODE:
            _announce("interrupted: what was recorded until then is in the session")
        with suppress(OSError):
            print(plan.path, flush=True)
    elif trouble is None and _is_complete(path):
        _log_of(path).unlink(missing_ok=True)
    return code


async def _record(recorder: Recorder, plan: Plan, control: TextIO | None, noted: list[int]) -> int:
    loop = asyncio.get_running_loop()
    # Called when `record` waits for the first time: its own handlers stand by then.
    loop.call_soon(lambda: recorder.interrupt() if noted else None)
    if control is not None:
        loop.add_reader(control.fileno(), _obey, recorder, plan, control)
        loop.call_soon(_begin_log, Path(plan.path))
        return await recorder.record()
    progress = asyncio.create_task(announce_progress(recorder.progress, plan, _announce))
    try:
        return await recorder.record()
    finally:
        progress.cancel()


def _is_complete(path: Path) -> bool:
    with suppress(SessionError):
        return bool(SessionReader(path).meta().get("complete"))
    return False


def _has_runs(path: Path) -> bool:
    with suppress(SessionError):
        return bool(SessionReader(path).statuses())
    return path.exists()


def _obey(recorder: Recorder, plan: Plan, control: TextIO) -> None:
    """One word of who holds the pipe: `stop`, `next`, `detach`, or the pipe's end, when that process is gone."""
    words = os.read(control.fileno(), 4096).decode("ascii", "replace").split()
    if "stop" in words:
        recorder.stop()
    if "next" in words:
        recorder.next_task()
    if "stop" in words or "detach" in words or not words:  # its end is not broken into by the end of the pipe
        asyncio.get_running_loop().remove_reader(control.fileno())
    if not words and not plan.has_length:
        recorder.interrupt()


def _begin_log(path: Path) -> None:
    """Say that the recording goes on; then this process no longer needs those who started it."""
    log = _log_of(path)
    with suppress(OSError, SessionError):
        log.unlink(missing_ok=True)  # of an earlier session of this name
        create_empty(log)
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
        os.dup2(descriptor, sys.stderr.fileno())
        os.close(descriptor)
    with suppress(OSError):
        print(RECORDING, flush=True)


def _log_of(path: Path) -> Path:
    return Path(f"{path}{LOG}")


def describe(plan: Plan) -> dict[str, Any]:
    """What a session says of itself before anything runs."""
    return {
        "id": uuid4().hex,
        "name": plan.name,
        "note": plan.note,
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "schedule": plan.schedule,
        "machine": machine(),
        "versions": {"dlprof": __version__, "python": platform.python_version(), "py-spy": metadata.version("py-spy")},
        "settings": {
            "lanes": [lane.name for lane in plan.lanes],
            "tasks": [task.name for task in plan.tasks],
            "steps": plan.steps,
            "duration_s": plan.duration_s,
            "seed": plan.seed,
            "workers": plan.workers,
            "data": plan.data,
            "data_mb": plan.data_mb,
            "stacks_hz": plan.stacks_hz,
            "overhead_check": plan.overhead_check,
            "repeat": plan.repeat,
            "deploy": plan.deploy,
            "target_accuracy": plan.target_accuracy,
        },
        "recorder": own_entry(),
        "complete": False,
    }


def _announce(line: str) -> None:
    with suppress(OSError):  # the terminal may be gone; the recording goes on
        print(f"dlprof: {line}", file=sys.stderr, flush=True)


def main() -> int:
    """The recorder in a process of its own: the plan is the first line of stdin, orders follow."""
    interrupts.leave_at_once()
    plan = Plan.from_json(_first_line(sys.stdin.fileno()))
    try:
        return record(plan, sys.stdin)
    except SessionError as error:
        print(error, file=sys.stderr)
        return 2


def _first_line(descriptor: int) -> str:
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(descriptor, 1)):
        line += byte
    return line.decode()


if __name__ == "__main__":
    sys.exit(main())
