"""A lane that keeps what it is told, and gives a set number of steps."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from dlprof.profilers.agent.protocol import StepMark


class HeardLane:
    """Stands for the lane inside a recording; the real one is tried in the recorder's tests."""

    def __init__(self, length: int, config: dict[str, Any] | None = None) -> None:
        self.config: Mapping[str, Any] = config or {}
        self.length = length
        self.begun = 0
        self.steps: list[tuple[Any, ...]] = []
        self.facts: dict[str, Any] = {}
        self.held_out: dict[str, float] = {}

    def status(self, status: str) -> None:
        pass

    def describe(self, **facts: Any) -> None:
        self.facts.update(facts)

    def metrics(self, **values: float) -> None:
        self.held_out = values

    def start_training(self, on_idle: Callable[[], None], allocator: Callable[[], Any]) -> StepMark:
        self.on_idle, self.allocator = on_idle, allocator
        return StepMark(0, time.perf_counter_ns(), 0, 0)

    def record(
        self,
        mark: StepMark,
        total_ns: int,
        data_ns: int | None,
        forward_ns: int | None,
        backward_ns: int | None,
        optimizer_ns: int | None,
        loss: float | None,
    ) -> None:
        assert mark.number == len(self.steps)
        self.steps.append((total_ns, data_ns, forward_ns, backward_ns, optimizer_ns, loss))

    def next_step(self, end_ns: int) -> StepMark | None:
        self.begun += 1
        if self.begun == self.length:
            self.on_idle()
            return None
        return StepMark(self.begun, end_ns, 0, 0)
