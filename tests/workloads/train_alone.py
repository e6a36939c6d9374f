"""Trains one lane without a recorder: MODULE MODE DARK_EVERY, then TASK FOLDER STEPS WORKERS as often as wanted.

Dropout is off. Each task has a process of its own, forked once the framework is imported, which takes seconds. Prints
what the lane said of each, as one line of JSON.
"""

import importlib
import json
import os
import sys
from dataclasses import replace
from typing import Any

from heard import HeardLane, settings

from dlprof.workloads.models.perceptron import Perceptron
from dlprof.workloads.tasks import TASKS


class WatchedLane(HeardLane):
    """Keeps which frameworks were imported when training was over."""

    def status(self, status: str) -> None:
        if status == "evaluating":
            self.frameworks = [name for name in ("jax", "tensorflow", "torch") if name in sys.modules]


def train(
    workload: Any, mode: str, dark_every: int, task: str, folder: str, steps: int, workers: int
) -> dict[str, Any]:
    model = TASKS[task].model
    if isinstance(model, Perceptron):
        TASKS[task] = replace(TASKS[task], model=replace(model, dropout=0.0))
    lane = WatchedLane(steps, settings(task, folder, TASKS[task].batch_size, mode, workers), dark_every)
    workload.train(lane)
    return {
        **lane.facts,
        "steps": lane.steps,
        "run_dir": lane.config["run_dir"],
        "probed": lane.probed,
        "dark": lane.dark,
        "compiled": lane.compiled_at,
        "frameworks": lane.frameworks,
    }


if __name__ == "__main__":
    module, mode, dark_every, *runs = sys.argv[1:]
    workload = importlib.import_module(f"dlprof.workloads.{module}")
    for task, folder, steps, workers in zip(*(runs[word::4] for word in range(4)), strict=True):
        if child := os.fork():
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if code:
                sys.exit(f"{task}: exit code {code}")
        else:
            print(json.dumps(train(workload, mode, int(dark_every), task, folder, int(steps), int(workers))))
            sys.exit()
