"""A lane's loop beside the framework's plain loop in one process, by blocks of steps in turn: LANE TASK FOLDER.

Each loop has a thread, of which one runs. The lane has no recorder; of its blocks every second one is dark. Prints
JSON: the median step of each block of each loop, ms, the plain loop's first. FOLDER is one that
`dlprof.workloads.data.prepare` made.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from threading import Semaphore, Thread
from typing import Any

os.environ.update(CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="2")
sys.path.append(str(Path(__file__).parents[1] / "tests" / "profilers" / "agent"))

from heard import HeardLane, settings

from dlprof.profilers.agent.protocol import DARK, StepMark
from dlprof.workloads.tasks import TASKS

LANE, TASK, FOLDER = sys.argv[1:]
BLOCK, BLOCKS = {"mnist-mlp": (30, 90), "text-lstm": (12, 44)}[TASK]
"""Steps of a loop in a row, and how often."""
UNSETTLED = 4
"""After a change the first steps are slower than the rest, and are not weighed."""


class InTurn:
    """Lets two loops run by blocks, and times them."""

    def __init__(self) -> None:
        self._may_run = (Semaphore(1), Semaphore(0))
        self._ends: list[float] = []
        self.blocks: tuple[list[float], list[float]] = ([], [])

    def begin(self, loop: int) -> None:
        """Wait for the loop's first block."""
        self._may_run[loop].acquire()

    def step_done(self, loop: int) -> bool:
        """The loop that runs made a step. Whether to train on; waits while the other one runs."""
        self._ends.append(time.perf_counter())
        if len(self._ends) < BLOCK:
            return True
        self.blocks[loop].append(1000 * median(b - a for a, b in pairwise(self._ends[UNSETTLED:])))
        self._ends = []
        self._may_run[1 - loop].release()
        if len(self.blocks[loop]) == BLOCKS:
            return False
        self._may_run[loop].acquire()
        return True


class LaneInTurn(HeardLane):
    """A lane whose blocks are dark and stamped in turn; what was measured is read after the block."""

    def __init__(self, in_turn: InTurn, config: dict[str, Any]) -> None:
        super().__init__(0, config)
        self._in_turn = in_turn
        self._kept: list[Any] = []
        self._block = 0

    def record(self, mark: StepMark, total_ns: int, measured: Any) -> None:
        self._kept.append(measured)

    def record_dark(self, mark: StepMark, end_ns: int) -> None:
        pass

    def next_step(self, end_ns: int) -> StepMark | None:
        if not self._in_turn.step_done(1):
            return None
        block = len(self._in_turn.blocks[1])
        if block != self._block:
            self._block = block
            for measured in self._kept:
                if callable(measured):
                    measured()
            self._kept.clear()
            end_ns = time.perf_counter_ns()
        self.begun += 1
        return StepMark(self.begun, end_ns, 0, 0 if block % 2 else DARK)


def plain_loop() -> Callable[[Callable[[], bool]], None]:
    """The framework's, as a function of what it calls after each step."""
    if LANE == "torch":
        module: Any = importlib.import_module("plain_torch")
        return lambda step_done: module.train(TASK, Path(FOLDER), step_done)
    module = importlib.import_module("plain_tensorflow")
    return lambda step_done: module.train(TASK, Path(FOLDER), step_done, with_fit=LANE == "keras")


def main() -> None:
    """Train both, and print."""
    plain, workload, in_turn = plain_loop(), importlib.import_module(f"dlprof.workloads.{LANE}"), InTurn()
    config = settings(TASK, FOLDER, TASKS[TASK].batch_size)

    def run_plain() -> None:
        in_turn.begin(0)
        plain(lambda: in_turn.step_done(0))

    def run_lane() -> None:
        in_turn.begin(1)  # by then the plain loop is traced: a Keras lane stamps whatever is traced after its start
        workload.train(LaneInTurn(in_turn, config))

    loops = [Thread(target=run) for run in (run_plain, run_lane)]
    for loop in loops:
        loop.start()
    for loop in loops:
        loop.join()
    print(json.dumps(in_turn.blocks))


if __name__ == "__main__":
    main()
