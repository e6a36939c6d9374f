"""Recordings of lanes that the tests make: modules without a framework, in an interpreter of their own."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from dlprof.profilers.recorder.plan import Plan

ROOT = Path(__file__).parents[3]
LANES = Path(__file__).with_name("lanes")
RECORD = """
import asyncio, sys
from pathlib import Path
from dlprof.profilers.recorder.plan import Plan
from dlprof.profilers.recorder.recorder import Recorder
from dlprof.session.writer import SessionWriter
plan = Plan.from_json(sys.stdin.read())
writer = SessionWriter(Path(plan.path), {"name": "made", "started_at": "", "machine": {}, "complete": False})
sys.exit(asyncio.run(Recorder(plan, writer, lambda *_: {}).record()))
"""


def interpreter_with_lanes(folder: Path) -> str:
    """A Python in `folder` that has the modules of LANES: a lane sees no path but its interpreter's own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder / "venv")})
    for module in LANES.glob("*.py"):
        shutil.copy(module, packages)
    return str(folder / "venv" / "bin" / "python")


def record(plan: Plan) -> None:
    """Record `plan` in a process of its own."""
    subprocess.run([sys.executable, "-c", RECORD], input=plan.to_json(), text=True, check=True, cwd=ROOT)
