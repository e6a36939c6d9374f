"""The recorder's load: three lanes at once that step 1,000 times a second each; steps dropped, and its share of a core.

The lanes only sleep, so that the two cores are free; the recorder runs in this process, with everything on.
"""

import asyncio
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from made_environment import python_with

from dlprof.profilers.recorder.plan import LanePlan, Plan, TaskPlan
from dlprof.profilers.recorder.recorder import Recorder
from dlprof.recording import WORKLOADS
from dlprof.session.file import SessionReader
from dlprof.session.writer import SessionWriter

SECONDS, REPEATS, LANES = 20.0, 3, ("a", "b", "c")


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    print("recorder, three lanes at 1,000 steps/s: steps, dropped, steps/s a lane, share of a core")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = python_with("steady_lane", folder / "venv")
        lanes = tuple(LanePlan(lane, "torch", "steady_lane", python, "cpu") for lane in LANES)
        for repeat in range(REPEATS):
            path = folder / f"{repeat}.dlprof"
            plan = Plan(
                str(path), "load", lanes, (TaskPlan("none", 1),), duration_s=SECONDS, schedule="parallel",
                overhead_check=False,
            )  # fmt: skip
            writer = SessionWriter(path, {"name": "load", "started_at": "", "machine": {}, "complete": False})
            began, used = time.perf_counter(), cpu_seconds()
            asyncio.run(Recorder(plan, writer, replace(WORKLOADS, prepare=lambda *_: {})).record())
            share = (cpu_seconds() - used) / (time.perf_counter() - began)
            runs = SessionReader(path).history().runs
            steps = sum(len(run.steps) for run in runs)
            dropped = sum(int(run.last("dropped").get("steps", 0)) for run in runs)
            rate = steps / sum(run.stepping_ns for run in runs) * 1e9
            print(f"{steps:8} {dropped:6} {rate:8.0f} {share:8.1%}", flush=True)


if __name__ == "__main__":
    main()
