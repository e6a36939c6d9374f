"""Phases of a torch training step."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any, Union

import torch

from dlprof.profilers.agent.host import HostPhases
from dlprof.profilers.agent.protocol import Allocation, StepMark, TrainingLane


def phases(
    lane: TrainingLane, device: torch.device, compilations: Callable[[], int] = lambda: 0
) -> Union[HostPhases, CudaEventPhases]:
    """The truest timer for `device`."""
    if device.type == "cuda":
        return CudaEventPhases(lane, compilations)
    return HostPhases(lane, _no_allocator, compilations, torch.Tensor.item)


def dynamo_compilations() -> int:
    """How many graphs torch.compile has made so far."""
    return int(torch._dynamo.utils.counters["stats"]["unique_graphs"])


class CudaEventPhases:
    """CUDA events on the current stream, taken from a pool and read when the GPU has passed them.

    Nothing waits for the GPU inside a step. A step's total runs between the first events of two steps, or to the
    last event of the step before a turn's end. A dark step has an event at its two ends alone.
    """

    clock = "cuda-event"

    def __init__(self, lane: TrainingLane, compilations: Callable[[], int] = lambda: 0) -> None:
        self._lane, self._compilations = lane, compilations
        self._pool: list[Any] = []
        self._losses: list[torch.Tensor] = []
        self._pending: deque[tuple[StepMark, list[Any], torch.Tensor | None]] = deque()

    def start(self) -> None:
        """Before the first batch is asked for."""
        self._mark = self._lane.start_training(self._flush, _cuda_allocator, self._compilations)
        self._events = [self._event()]

    @property
    def lit(self) -> bool:
        """Whether this step is stamped."""
        return self._mark.lit

    def data_begins(self) -> None:
        """The GPU's time has no gap between the steps: the batch belongs to `data` from the end of the step before."""

    def data_done(self) -> None:
        """The batch is on its way to the device."""
        self._stamp()

    def forward_done(self) -> None:
        """The loss is on its way."""
        self._stamp()

    def backward_done(self) -> None:
        """The gradients are on their way."""
        self._stamp()

    def optimizer_done(self) -> None:
        """The update is on its way."""
        self._stamp()

    def step_done(self, loss: torch.Tensor) -> bool:
        """Everything of the step is on its way; whether to train on."""
        host = None
        if self._mark.lit:
            host = self._losses.pop() if self._losses else torch.empty((), dtype=torch.float32, pin_memory=True)
            host.copy_(loss.detach(), non_blocking=True)
        self._events.append(self._event())
        self._pending.append((self._mark, self._events, host))
        self._read_passed()
        mark = self._lane.next_step(time.perf_counter_ns())
        if mark is None:
            return False
        self._mark, self._events = mark, [self._event()]
        return True

    def _stamp(self) -> None:
        if self._mark.lit:
            self._events.append(self._event())

    def _event(self) -> Any:
        event = self._pool.pop() if self._pool else torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def _read_passed(self) -> None:
        while self._pending and self._pending[0][1][-1].query():
            mark, events, host = self._pending.popleft()
            spans = [round(a.elapsed_time(b) * 1e6) for a, b in zip(events, events[1:])]
            if host is None:
                self._lane.record_dark(mark, mark.start_ns + sum(spans))
            else:
                data, forward, backward, optimizer = spans[:4]
                self._lane.record(mark, sum(spans), (data, forward, backward, optimizer, float(host)))
                self._losses.append(host)
            self._pool += events

    def _flush(self) -> None:
        torch.cuda.synchronize()
        self._read_passed()


def _no_allocator() -> Allocation:
    return None, None, None, "torch keeps no statistics of its allocator on a CPU"


def _cuda_allocator() -> Allocation:
    return torch.cuda.memory_allocated(), torch.cuda.memory_reserved(), torch.cuda.max_memory_allocated(), None
