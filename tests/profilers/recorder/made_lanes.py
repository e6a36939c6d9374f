"""Recordings of lanes that the tests make: modules without a framework, in an interpreter of their own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import struct
import subprocess
import sys
import sysconfig
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from dlprof.profilers.recorder.plan import LanePlan, Plan, TaskPlan
from dlprof.profilers.recorder.watchdog import PATIENCE, Patience

ROOT = Path(__file__).parents[3]
LANES = Path(__file__).with_name("lanes")
LOGGED = struct.Struct("<qq")
FAULT_STEP = 100
"""As lanes/faulty.py has them."""
TOKEN = "DLPROF_TEST"
"""The environment variable by which every process of a recording is known."""
ENOUGH_SECONDS = 120.0
STREAMS: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
RECORD = """
import asyncio, json, sys
from dataclasses import replace
from pathlib import Path
from dlprof.profilers.recorder.plan import Plan
from dlprof.profilers.recorder.recorder import Recorder
from dlprof.profilers.recorder.watchdog import Patience
from dlprof.recording import WORKLOADS
from dlprof.session.errors import SessionError
from dlprof.session.writer import SessionWriter
plan, patience = Plan.from_json(sys.stdin.readline()), Patience(**json.loads(sys.argv[1]))
workloads = replace(WORKLOADS, prepare=lambda *_: {})
writer = SessionWriter(Path(plan.path), {"name": "made", "started_at": "", "machine": {}, "complete": False})
try:
    code = asyncio.run(Recorder(plan, writer, workloads, patience=patience).record())
except SessionError as error:
    sys.exit(str(error))
sys.exit(code)
"""
FOREGROUND = (
    sys.executable,
    "-c",
    "import sys; from dlprof.profilers.recorder.plan import Plan; from dlprof.recording import record\n"
    "sys.exit(record(Plan.from_json(sys.stdin.readline()), None))",
)
"""The recorder as `dlprof --record` runs it: what it says is on stderr."""


def interpreter_with_lanes(folder: Path) -> str:
    """A Python in `folder` that has the modules of LANES: a lane sees no path but its interpreter's own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder / "venv")})
    for module in LANES.glob("*.py"):
        shutil.copy(module, packages)
    return str(folder / "venv" / "bin" / "python")


def record(plan: Plan) -> None:
    """Record `plan` in a process of its own."""
    assert Recording(plan).end() == (0, "")


def faulty(path: Path, python: str, *modes: str, **options: Any) -> Plan:
    """A plan for lanes of lanes/faulty.py, one for each of `modes`, with its name."""
    lanes = tuple(LanePlan(mode, "torch", "faulty", python, "cpu", mode=mode) for mode in modes)
    plan = Plan(str(path), "made", lanes, (TaskPlan("mnist-mlp", 1),), data_mb=0.1, overhead_check=False)
    return Plan(**{**vars(plan), **options})


@dataclass
class Recording:
    """A recorder in a process of its own, and all that it starts.

    `command` is given the plan on its stdin, `options` to Popen.
    """

    plan: Plan
    patience: Patience = PATIENCE
    command: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.token = uuid.uuid4().hex
        self.process = subprocess.Popen(
            self.command or (sys.executable, "-c", RECORD, json.dumps(asdict(self.patience))),
            text=True,
            cwd=ROOT,
            env={**os.environ, **self.environment, TOKEN: self.token},
            **{**STREAMS, **self.options},
        )
        assert self.process.stdin is not None
        self.process.stdin.write(self.plan.to_json() + "\n")
        self.process.stdin.flush()

    def end(self) -> tuple[int, str]:
        """Wait for the recorder; its exit code and what it said. One that hangs is killed with all it started."""
        try:
            _, said = self.process.communicate(timeout=ENOUGH_SECONDS)
        except subprocess.TimeoutExpired:
            for process in self.processes():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            raise
        return self.process.returncode, said

    def processes(self) -> list[psutil.Process]:
        """All that are alive, the recorder included, wherever they went."""
        return [process for process in psutil.process_iter() if self._belongs(process)]

    def lanes(self) -> list[psutil.Process]:
        """The training processes that are alive, in the order of their start."""
        return sorted(self._running("bootstrap.py"), key=lambda process: process.create_time())

    def guard(self) -> psutil.Process:
        """The process that watches over the recorder."""
        (found,) = self._running("guard.py")
        return found

    def _running(self, program: str) -> list[psutil.Process]:
        return [one for one in self.processes() if any(program in word for word in _told(one.cmdline, []))]

    def gone(self) -> bool:
        """Whether nothing of it is alive."""
        return not self.processes()

    def _belongs(self, process: psutil.Process) -> bool:
        if _told(process.status, psutil.STATUS_ZOMBIE) == psutil.STATUS_ZOMBIE:
            return False
        return _told(process.environ, {}).get(TOKEN) == self.token


def steps_logged(folder: Path, run: int) -> dict[int, int]:
    """When each step of a run of lanes/faulty.py ended, by the monotonic clock, ns; `folder` was its LANE_LOG."""
    path = folder / str(run)
    data = path.read_bytes() if path.exists() else b""
    return dict(LOGGED.iter_unpack(data[: len(data) - len(data) % LOGGED.size]))


def until(condition: Callable[[], bool]) -> None:
    """Wait for `condition`, however busy the machine."""
    deadline = time.monotonic() + ENOUGH_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def _told(ask: Callable[[], Any], otherwise: Any) -> Any:
    try:
        return ask()
    except psutil.Error:
        return otherwise
