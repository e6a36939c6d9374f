"""Trains one lane without a recorder: FRAMEWORK TASK FOLDER STEPS DROPOUT; prints the step records as JSON."""

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from dlprof.profilers.agent.protocol import StepMark


class Alone:
    """A lane that keeps what it is told."""

    def __init__(self, config: dict[str, Any], steps: int) -> None:
        self.config, self._steps = config, steps
        self.said: dict[str, Any] = {"steps": [], "metrics": {}}

    def status(self, status: str) -> None:
        pass

    def describe(self, **facts: Any) -> None:
        self.said.update(facts)

    def metrics(self, **values: float) -> None:
        self.said["metrics"] = values

    def start_training(self, on_idle: Callable[[], None], allocator: Callable[[], Any]) -> StepMark:
        return StepMark(0, time.perf_counter_ns(), 0, 0)

    def record(self, mark: StepMark, *values: Any) -> None:
        self.said["steps"].append(values)

    def next_step(self, end_ns: int) -> StepMark | None:
        done = len(self.said["steps"])
        return StepMark(done, end_ns, 0, 0) if done < self._steps else None


framework, task, folder, steps, dropout = sys.argv[1:]
lane = Alone(
    {
        "task": {"name": task},
        "device": "cpu",
        "batch_size": {"mnist-mlp": 128, "text-lstm": 32}[task],
        "workers": 0,
        "seed": 0,
        "data_dir": folder,
        "dropout": float(dropout),
    },
    int(steps),
)
importlib.import_module(f"dlprof.workloads.{framework}").train(lane)
print(json.dumps(lane.said))
