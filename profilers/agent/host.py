"""Phases by the host's clock: true where operators are synchronous, as on a CPU."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from dlprof.profilers.agent.protocol import Allocation, TrainingLane


class HostPhases:
    """Stamps between the parts of an eager step. In a dark step nothing is stamped and the loss is not read."""

    clock = "host"

    def __init__(
        self,
        lane: TrainingLane,
        allocator: Callable[[], Allocation],
        compilations: Callable[[], int] = lambda: 0,
        read: Callable[[Any], float] = float,
    ) -> None:
        """`read` gives the number in a scalar tensor."""
        self._lane, self._allocator, self._compilations, self._read = lane, allocator, compilations, read
        self._lit = False

    def start(self) -> None:
        """Before the first batch is asked for."""
        self._mark = self._lane.start_training(lambda: None, self._allocator, self._compilations)
        self._lit = self._mark.lit
        self._begin = time.perf_counter_ns()

    @property
    def lit(self) -> bool:
        """Whether this step is stamped."""
        return self._lit

    def data_begins(self) -> None:
        """A batch is asked for, where that is later than the end of the step before."""
        if self._lit:
            self._begin = time.perf_counter_ns()

    def data_done(self) -> None:
        """The batch is there."""
        if self._lit:
            self._data = time.perf_counter_ns()

    def forward_done(self) -> None:
        """The loss is computed."""
        if self._lit:
            self._forward = time.perf_counter_ns()

    def backward_done(self) -> None:
        """The gradients are computed."""
        if self._lit:
            self._backward = time.perf_counter_ns()

    def optimizer_done(self) -> None:
        """The weights are updated."""
        if self._lit:
            self._updated = time.perf_counter_ns()

    def step_done(self, loss: Any) -> bool:
        """The step is over; `loss` is a scalar tensor. Whether to train on."""
        mark = self._mark
        if self._lit:
            value = self._read(loss)
            end = time.perf_counter_ns()
            measured = (
                self._data - self._begin,
                self._forward - self._data,
                self._backward - self._forward,
                self._updated - self._backward,
                value,
            )
            self._lane.record(mark, end - mark.start_ns, measured)
        else:
            end = time.perf_counter_ns()
            self._lane.record_dark(mark, end)
        following = self._lane.next_step(end)
        if following is None:
            return False
        self._mark, self._lit = following, following.lit
        if self._lit:
            self._begin = time.perf_counter_ns()
        return True
