"""Phases of a TensorFlow training step, stamped inside the graph."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Optional

import tensorflow as tf

from dlprof.profilers.agent.protocol import TrainingLane

JUMP_NS = 1_000_000
"""`tf.timestamp` is wall time: stamps that disagree with the host's clock by more are a clock that was set."""


def stamp(*after: Any) -> Any:
    """The wall clock, seconds, read inside the graph once every tensor of `after` is computed."""
    tensors = [tensor for tensor in tf.nest.flatten(after) if tensor is not None]
    with tf.control_dependencies([getattr(tensor, "values", tensor) for tensor in tensors]):
        return tf.timestamp()


def updated(variables: Sequence[Any]) -> list[Any]:
    """Reads of `variables`: done only when what was assigned to them is written."""
    return [tf.reduce_sum(tf.reshape(variable, [-1])[:1]) for variable in variables]


def durations_ns(stamps: Sequence[float], limit_ns: int) -> list[Optional[int]]:
    """The times between `stamps`, ns; all None where the wall clock jumped (`limit_ns`: the host's measure)."""
    spans = [round((b - a) * 1e9) for a, b in zip(stamps, stamps[1:])]
    if min(spans) < 0 or sum(spans) > limit_ns + JUMP_NS:
        return [None] * len(spans)
    return list(spans)


class GraphPhases:
    """For a custom loop: `data` by the host's clock, the rest by four stamps fetched together with the loss."""

    def __init__(self, lane: TrainingLane, device: str) -> None:
        self._lane, self._device = lane, device

    def start(self) -> None:
        """Before the first batch is asked for."""
        self._mark = self._lane.start_training(lambda: None, lambda: allocator(self._device))
        self._begin = time.perf_counter_ns()

    def data_done(self) -> None:
        """The batch is there."""
        self._data = time.perf_counter_ns()

    def step_done(self, loss_and_stamps: Any) -> bool:
        """`loss_and_stamps` (5,): loss, then stamps at start, loss, gradients, update. Whether to train on."""
        loss, *stamps = loss_and_stamps.numpy().tolist()
        end = time.perf_counter_ns()
        mark = self._mark
        forward, backward, optimizer = durations_ns(stamps, end - self._data)
        self._lane.record(mark, end - mark.start_ns, self._data - self._begin, forward, backward, optimizer, loss)
        following = self._lane.next_step(end)
        if following is None:
            return False
        self._mark, self._begin = following, time.perf_counter_ns()
        return True


def allocator(device: str) -> tuple[Optional[int], Optional[int], Optional[int], Optional[str]]:
    """What TensorFlow's allocator holds on `device` (`cpu` or `cuda:N`)."""
    if device == "cpu":
        return None, None, None, "TensorFlow keeps no statistics of its allocator on a CPU"
    info = tf.config.experimental.get_memory_info(device.replace("cuda", "GPU"))
    return info["current"], None, info["peak"], None
