"""The recorder's load: three lanes at once that step 1,000 times a second each; steps dropped, and its share of a core.

The lanes only sleep, so that the two cores are free, and hold memory; the recorder runs in this process, with
everything on. Of every two recordings one is made beside 2,000 other processes, which sleep, as on a shared server.
"""

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from alternating import await_line
from made_environment import python_with

from dlprof.profilers.recorder.plan import LanePlan, Plan, TaskPlan
from dlprof.profilers.recorder.recorder import Recorder
from dlprof.recording import WORKLOADS
from dlprof.session.file import SessionReader
from dlprof.session.writer import SessionWriter

SECONDS, REPEATS, LANES, OTHERS = 20.0, 3, ("a", "b", "c"), 2000
SLEEPERS = """
import subprocess, sys
others = [subprocess.Popen(["sleep", "infinity"]) for _ in range(int(sys.argv[1]))]
print("asleep", flush=True)
sys.stdin.read()
for other in others:
    other.kill()
    other.wait()
"""


@contextmanager
def others(count: int) -> Iterator[None]:
    """So many processes that sleep, of another parent."""
    command = [sys.executable, "-c", SLEEPERS, str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        await_line(parent.stdout, "asleep")
        yield
        parent.communicate()


def recorded(path: Path, python: str) -> str:
    """Record; what there is to say of it."""
    lanes = tuple(LanePlan(lane, "torch", "steady_lane", python, "cpu") for lane in LANES)
    plan = Plan(
        str(path), "load", lanes, (TaskPlan("none", 1),), duration_s=SECONDS, schedule="parallel", overhead_check=False
    )
    writer = SessionWriter(path, {"name": "load", "started_at": "", "machine": {}, "complete": False})
    began, used = time.perf_counter(), cpu_seconds()
    asyncio.run(Recorder(plan, writer, replace(WORKLOADS, prepare=lambda *_: {})).record())
    share = (cpu_seconds() - used) / (time.perf_counter() - began)
    runs = SessionReader(path).history().runs
    steps = sum(len(run.steps) for run in runs)
    dropped = sum(int(run.last("dropped").get("steps", 0)) for run in runs)
    rate = steps / sum(run.stepping_ns for run in runs) * 1e9
    return f"{steps:8} {dropped:6} {rate:8.0f} {share:8.1%}"


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    print("recorder, three lanes at 1,000 steps/s: others, steps, dropped, steps/s a lane, share of a core")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = python_with("steady_lane", folder / "venv")
        for repeat in range(REPEATS):
            for count in (0, OTHERS):
                with others(count):
                    found = recorded(folder / f"{repeat}-{count}.dlprof", python)
                print(f"{count:6} {found}", flush=True)


if __name__ == "__main__":
    main()
