"""What a training loop may ask of the lane it runs in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Optional, Protocol, Union

WARM_UP = 1
COLD = 2
DARK = 4
COMPILED = 8
"""Flags of a step: before the first turn, right after a wait or a probe, without stamps, traced or compiled anew."""

Allocation = tuple[Optional[int], Optional[int], Optional[int], Optional[str]]
"""What the framework's allocator holds: allocated, reserved, peak, bytes; why it does not say."""
ProbeTimes = tuple[int, int]
"""Forward and backward of one step, ns, timed apart from it."""


Measured = tuple[Optional[int], Optional[int], Optional[int], Optional[int], Optional[float]]
"""Data, forward, backward and optimizer of a step, ns, and its loss; None where not measured."""
NOT_MEASURED: Measured = (None, None, None, None, None)


class StepMark(NamedTuple):
    """Where a step stands: its number, when it began (perf_counter_ns), its turn, its flags."""

    number: int
    start_ns: int
    turn: int
    flags: int

    @property
    def lit(self) -> bool:
        """Whether the step's phases are to be stamped."""
        return not self.flags & DARK


class TrainingLane(Protocol):
    """The lane; `profilers.agent.lane.Lane` inside a recording."""

    config: Mapping[str, Any]

    def status(self, status: str) -> None:
        """Say what the lane does now."""
        ...

    def describe(self, **facts: Any) -> None:
        """Say facts of the run."""
        ...

    def predicted(self) -> None:
        """Say that the trained model's predictions of the held-out data are written."""
        ...

    def measures_accuracy(self, measure: Callable[[], float]) -> None:
        """Where a target is set, have `measure` give the accuracy on held-out data (0-1) now and then between turns."""
        ...

    def may_deploy(self, formats: Sequence[str]) -> bool:
        """Whether to save the trained model in `formats`; where so, waits until no other lane steps."""
        ...

    def saved(self, format: str, **facts: Any) -> None:
        """Say that the model is saved in `format`: `save_ns` and `bytes`, or the `reason` why it is not."""
        ...

    def start_training(
        self,
        on_idle: Callable[[], None],
        allocator: Callable[[], Allocation],
        compilations: Callable[[], int] = lambda: 0,
        probe: Optional[Callable[[], ProbeTimes]] = None,
    ) -> StepMark:
        """The mark of the first step.

        `on_idle` makes the device idle and records what is pending; `compilations` counts what the framework traced or
        compiled so far; `probe` times forward and backward apart, on copied state, while the device is idle.
        """
        ...

    def record(self, mark: StepMark, total_ns: int, measured: Union[Measured, Callable[[], Measured]]) -> None:
        """Hand one finished step over; `measured` may be a call that reads it later, before the device is idle."""
        ...

    def record_dark(self, mark: StepMark, end_ns: int) -> None:
        """Hand over a step without stamps, which ended at `end_ns` (perf_counter_ns)."""
        ...

    def next_step(self, end_ns: int) -> Optional[StepMark]:
        """The mark of the next step, or None when training is over."""
        ...
