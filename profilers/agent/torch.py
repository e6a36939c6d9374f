"""Phases of a torch training step."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Optional

import torch

from dlprof.profilers.agent.protocol import StepMark, TrainingLane

Allocation = tuple[Optional[int], Optional[int], Optional[int], Optional[str]]


def phases(lane: TrainingLane, device: torch.device) -> HostPhases | CudaEventPhases:
    """The truest timer for `device`."""
    return CudaEventPhases(lane) if device.type == "cuda" else HostPhases(lane)


class HostPhases:
    """Stamps of the host's clock: true on a CPU, where torch's operators are synchronous."""

    clock = "host"

    def __init__(self, lane: TrainingLane) -> None:
        self._lane = lane

    def start(self) -> None:
        """Before the first batch is asked for."""
        self._mark = self._lane.start_training(lambda: None, _no_allocator)
        self._begin = time.perf_counter_ns()

    def data_done(self) -> None:
        """The batch is on the device."""
        self._data = time.perf_counter_ns()

    def forward_done(self) -> None:
        """The loss is computed."""
        self._forward = time.perf_counter_ns()

    def backward_done(self) -> None:
        """The gradients are computed."""
        self._backward = time.perf_counter_ns()

    def step_done(self, loss: torch.Tensor) -> bool:
        """The weights are updated; whether to train on."""
        updated = time.perf_counter_ns()
        value = loss.item()
        end = time.perf_counter_ns()
        self._lane.record(
            self._mark,
            end - self._mark.start_ns,
            self._data - self._begin,
            self._forward - self._data,
            self._backward - self._forward,
            updated - self._backward,
            value,
        )
        mark = self._lane.next_step(end)
        if mark is None:
            return False
        self._mark, self._begin = mark, time.perf_counter_ns()
        return True


class CudaEventPhases:
    """CUDA events on the current stream, taken from a pool and read when the GPU has passed them.

    Nothing waits for the GPU inside a step. A step's total runs between the first events of two steps, or to the
    last event of the step before a turn's end.
    """

    clock = "cuda-event"

    def __init__(self, lane: TrainingLane) -> None:
        self._lane = lane
        self._pool: list[Any] = []
        self._losses: list[torch.Tensor] = []
        self._pending: deque[tuple[StepMark, list[Any], torch.Tensor]] = deque()

    def start(self) -> None:
        """Before the first batch is asked for."""
        self._mark = self._lane.start_training(self._flush, _cuda_allocator)
        self._events = [self._event()]

    def data_done(self) -> None:
        """The batch is on its way to the device."""
        self._events.append(self._event())

    def forward_done(self) -> None:
        """The loss is on its way."""
        self._events.append(self._event())

    def backward_done(self) -> None:
        """The gradients are on their way."""
        self._events.append(self._event())

    def step_done(self, loss: torch.Tensor) -> bool:
        """The update is on its way; whether to train on."""
        self._events.append(self._event())
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

    def _event(self) -> Any:
        event = self._pool.pop() if self._pool else torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def _read_passed(self) -> None:
        while self._pending and self._pending[0][1][-1].query():
            mark, events, host = self._pending.popleft()
            spans = [round(a.elapsed_time(b) * 1e6) for a, b in zip(events, events[1:])]
            data, forward, backward, optimizer = spans[:4]
            self._lane.record(mark, sum(spans), data, forward, backward, optimizer, float(host))
            self._pool += events
            self._losses.append(host)

    def _flush(self) -> None:
        torch.cuda.synchronize()
        self._read_passed()


def _no_allocator() -> Allocation:
    return None, None, None, "torch keeps no statistics of its allocator on a CPU"


def _cuda_allocator() -> Allocation:
    return torch.cuda.memory_allocated(), torch.cuda.memory_reserved(), torch.cuda.max_memory_allocated(), None
