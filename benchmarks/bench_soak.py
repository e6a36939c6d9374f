"""The recorder's memory over the records of 24 hours, in minutes: three lanes of 10 steps a second make 2.6 million.

The real recorder runs in this process, its lanes (soak_lane.py) step 400 times as fast as such lanes do, in shorter
turns. Host memory is sampled 20 times as often as it would be, segments of stacks last half a second and are sampled at
200 Hz: these cost processes of their own, so a part of a day's count is all there is time for; the table says how much.
Unique memory is that of this process. Growth is that of docs/memory.md, with its 95 % interval: none is seen where the
interval holds 0. By the end of a day it would be as much as the last line says.
"""

import asyncio
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
from made_environment import python_with

from dlprof.profilers.recorder import collecting, stack_segments
from dlprof.profilers.recorder.plan import LanePlan, Plan, TaskPlan
from dlprof.profilers.recorder.recorder import Recorder
from dlprof.recording import WORKLOADS
from dlprof.session.file import SessionReader
from dlprof.session.memory import slope
from dlprof.session.writer import SessionWriter

LANES, STEPS = ("a", "b", "c"), 864_000
"""A lane: 24 hours at 10 steps a second."""
EVERY_S, LINES, MIB = 1.0, 20, 1 << 20
DAY = {"step": 3 * STEPS, "turn": 54_000, "host_memory": 3 * 86_400, "stack_segment": 21_600, "stack_span": 1_700_000}
"""Rows of 24 hours in turns: turns of 16 steps, a sample a second, segments of 4 s of stepping at 20 Hz."""


class Watch:
    """Samples this process's unique memory, in a thread of its own, until it is closed."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.bytes: list[int] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        process, began = psutil.Process(), time.perf_counter()
        while not self._over.wait(EVERY_S):
            self.seconds.append(time.perf_counter() - began)
            self.bytes.append(process.memory_full_info().uss)


def record(path: Path, python: str) -> Watch:
    collecting.EVERY_SECONDS /= 20
    stack_segments.SEGMENT_NS //= 8
    lanes = tuple(LanePlan(lane, "torch", "soak_lane", python, "cpu") for lane in LANES)
    plan = Plan(str(path), "soak", lanes, (TaskPlan("none", 1),), steps=STEPS, stacks_hz=200, schedule="parallel")
    writer = SessionWriter(path, {"name": "soak", "started_at": "", "machine": {}, "complete": False})
    watch = Watch()
    try:
        asyncio.run(Recorder(plan, writer, replace(WORKLOADS, prepare=lambda *_: {})).record())
    finally:
        watch.close()
    return watch


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "soak.dlprof"
        watch = record(path, python_with("soak_lane", Path(name) / "venv"))
        seconds, used = np.array(watch.seconds), np.array(watch.bytes, np.float64)
        print(f"{'s':>6} {'share of the day':>17} {'unique MiB':>11}")
        for place in np.linspace(0, len(seconds) - 1, LINES).astype(int).tolist():
            print(f"{seconds[place]:6.0f} {seconds[place] / seconds[-1]:17.0%} {used[place] / MIB:11.1f}")
        found = slope(seconds, used)
        assert found is not None
        day = [growth * seconds[-1] / MIB for growth in (found.per_second, found.low, found.high)]
        print(f"growth over the records of a day: {day[0]:+.2f} MiB [{day[1]:+.2f}, {day[2]:+.2f}]")
        history = SessionReader(path).history()
        rows = {
            "step": sum(len(run.steps) for run in history.runs),
            "turn": sum(len(run.turns) for run in history.runs),
            "host_memory": sum(len(run.host) for run in history.runs),
            "stack_segment": sum(len(run.segments) for run in history.runs),
            "stack_span": sum(len(segment.spans) for run in history.runs for segment in run.segments),
        }
        dropped = sum(int(run.last("dropped").get("steps", 0)) for run in history.runs)
        print("rows, and their share of a day's:", end=" ")
        print(", ".join(f"{table} {count:,} ({count / DAY[table]:.0%})" for table, count in rows.items()))
        print(f"steps dropped: {dropped}; statuses: {', '.join(run.status for run in history.runs)}")


if __name__ == "__main__":
    main()
