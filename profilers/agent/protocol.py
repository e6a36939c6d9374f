"""What a training loop may ask of the lane it runs in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Optional, Protocol


class StepMark(NamedTuple):
    """Where a step stands: its number, when it began (perf_counter_ns), its turn, its flags."""

    number: int
    start_ns: int
    turn: int
    flags: int


class TrainingLane(Protocol):
    """The lane; `profilers.agent.lane.Lane` inside a recording."""

    config: Mapping[str, Any]

    def status(self, status: str) -> None:
        """Say what the lane does now."""
        ...

    def describe(self, **facts: Any) -> None:
        """Say facts of the run."""
        ...

    def metrics(self, **values: float) -> None:
        """Say how good the trained model is on held-out data."""
        ...

    def start_training(
        self,
        on_idle: Callable[[], None],
        allocator: Callable[[], tuple[Optional[int], Optional[int], Optional[int], Optional[str]]],
    ) -> StepMark:
        """The mark of the first step."""
        ...

    def record(
        self,
        mark: StepMark,
        total_ns: int,
        data_ns: Optional[int],
        forward_ns: Optional[int],
        backward_ns: Optional[int],
        optimizer_ns: Optional[int],
        loss: Optional[float],
    ) -> None:
        """Hand one finished step over."""
        ...

    def next_step(self, end_ns: int) -> Optional[StepMark]:
        """The mark of the next step, or None when training is over."""
        ...
