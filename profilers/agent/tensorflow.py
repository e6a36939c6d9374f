"""Phases of a TensorFlow training step: stamped inside the graph or, where XLA compiled it, probed apart from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Optional

import tensorflow as tf

from dlprof.profilers.agent.probe import Parts, probe
from dlprof.profilers.agent.protocol import Allocation, Measured, TrainingLane

JUMP_NS = 1_000_000
"""`tf.timestamp` is wall time: stamps that disagree with the host's clock by more are a clock that was set."""


def stamp(*computed: Any) -> Any:
    """The wall clock, seconds, read inside the graph once every tensor of `computed` is.

    Something has to wait for it (`after`): the scheduler runs an operator that nobody waits for when it likes.
    On a GPU an operator counts as done when it is queued: the stamp waits for a number of each tensor on the host.
    """
    tensors = [getattr(tensor, "values", tensor) for tensor in tf.nest.flatten(computed) if tensor is not None]
    if runs_ahead():
        tensors = [_on_host(tensor) for tensor in tensors]
    with tf.control_dependencies(tensors), tf.device("/CPU:0"):
        return tf.timestamp()


def after(stamp: Any, tensor: Any) -> Any:
    """`tensor`, once `stamp` is taken.

    Put on the one way by which the next phase depends on the last. What does not lie on it goes on: TensorFlow overlaps
    the parts of a step, and holding all of it up at each stamp made a step of 1.3 ms 5 % longer.
    """
    with tf.control_dependencies([stamp]):
        return tf.identity(tensor)


def runs_ahead() -> bool:
    """Whether operators are queued before they run: where there is a GPU."""
    return bool(tf.config.list_physical_devices("GPU"))


def _on_host(tensor: Any) -> Any:
    first = tf.reshape(tensor, [-1])[:1]
    with tf.device("/CPU:0"):
        return tf.identity(first)


def updated(variables: Sequence[Any]) -> list[Any]:
    """Reads of `variables`, one operator each (`read_value` makes two): done when what was assigned is written."""
    return [tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype) for variable in variables]


def durations_ns(stamps: Sequence[float], limit_ns: int) -> list[Optional[int]]:
    """The times between `stamps`, ns; all None where the wall clock jumped (`limit_ns`: the host's measure)."""
    spans = [round((b - a) * 1e9) for a, b in zip(stamps, stamps[1:])]
    if min(spans) < 0 or sum(spans) > limit_ns + JUMP_NS:
        return [None] * len(spans)
    return list(spans)


def measured(fetch: Callable[[], Any], limit_ns: int, *before: int) -> Measured:
    """What `fetch` gives of a step's graph, an array of shape (1 + stamps,), float64: the loss, then its stamps.

    `before`: phases that were over when the first stamp was taken, ns. `limit_ns` as in `durations_ns`.
    """
    loss, *times = fetch().tolist()
    data, forward, backward, optimizer = (*before, *durations_ns(times, limit_ns))
    return data, forward, backward, optimizer, loss


class GraphPhases:
    """For a custom loop: `data` by the host's clock, the rest by four stamps fetched together with the loss.

    In a dark step the loop calls `bare`, which has no stamps, and nothing is fetched.
    """

    def __init__(self, lane: TrainingLane, device: str, stamped: Any, bare: Any) -> None:
        self._lane, self._device, self._stamped, self._bare = lane, device, stamped, bare
        self._runs_ahead = runs_ahead()

    def start(self) -> None:
        """Before the first batch is asked for."""
        self._mark = self._lane.start_training(
            lambda: None, lambda: allocator(self._device), lambda: traces(self._stamped, self._bare)
        )
        self._begin = time.perf_counter_ns()

    def step(self, x: Any, y: Any) -> bool:
        """Train on a batch that was just fetched. Whether to train on.

        `stamped` gives (5,), float64: loss, then stamps at start, loss, gradients, update; `bare` gives the loss.
        """
        mark = self._mark
        if mark.lit:
            data = time.perf_counter_ns()
            stamps = self._stamped(x, y)
            if self._runs_ahead:
                stamps.numpy()  # the step is over when the device says so
            end = time.perf_counter_ns()
            self._lane.record(
                mark, end - mark.start_ns, partial(measured, stamps.numpy, end - data, data - self._begin)
            )
        else:
            self._bare(x, y)
            end = time.perf_counter_ns()
            self._lane.record_dark(mark, end)
        following = self._lane.next_step(end)
        if following is None:
            return False
        self._mark = following
        if following.lit:
            self._begin = time.perf_counter_ns()
        return True


class ProbePhases:
    """For a custom loop around a program that XLA compiled: data and step by the host's clock, the rest by a probe."""

    def __init__(self, lane: TrainingLane, device: str, program: Any, parts: Callable[[Any, Any], Parts]) -> None:
        self._lane, self._device, self._program, self._parts = lane, device, program, parts
        self._batch: Any = None

    def start(self) -> None:
        """Before the first batch is asked for."""
        self._mark = self._lane.start_training(
            lambda: None,
            lambda: allocator(self._device),
            lambda: traces(self._program),
            lambda: probe(self._parts(*self._batch)),
        )
        self._begin = time.perf_counter_ns()

    def step(self, x: Any, y: Any) -> bool:
        """Train on a batch that was just fetched. Whether to train on."""
        mark, data = self._mark, time.perf_counter_ns()
        loss = float(self._program(x, y))
        end = time.perf_counter_ns()
        self._batch = (x, y)
        self._lane.record(mark, end - mark.start_ns, (data - self._begin, None, None, None, loss))
        following = self._lane.next_step(end)
        if following is None:
            return False
        self._mark, self._begin = following, time.perf_counter_ns()
        return True


def copied_parts(
    model: Any, copy: Any, loss_of: Any, optimizer: Any, compile_: Callable[[Any], Any]
) -> Callable[[Any, Any], Parts]:
    """The parts of a training step of the Keras `model`, on a `copy` that takes over its state before each probe.

    The copy is trained by an `optimizer` of its own. `compile_` makes a program of a function as the step's own was
    made. Nothing of `model` is written, and the copy draws its random numbers from a state of its own.
    """
    weights = copy.trainable_variables
    optimizer.build(weights)

    @compile_
    def nothing(x: Any, y: Any) -> Any:
        read = [tf.reshape(tensor, [-1])[0] for tensor in [*weights, x, y]]
        return tf.add_n([tf.cast(value, tf.float32) for value in read])

    @compile_
    def forward(x: Any, y: Any) -> Any:
        return loss_of(y, copy(x, training=True))

    @compile_
    def forward_and_backward(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(y, copy(x, training=True))
        return loss, tape.gradient(loss, weights)  # all of them: XLA leaves out what nobody takes

    @compile_
    def step(x: Any, y: Any) -> Any:
        loss, gradients = forward_and_backward(x, y)
        optimizer.apply_gradients(zip(gradients, weights))
        return loss

    def parts(x: Any, y: Any) -> Parts:
        for ours, theirs in zip(copy.variables, model.variables):
            ours.assign(theirs)
        return Parts(
            lambda: _wait(step(x, y)),
            lambda: _wait(nothing(x, y)),
            lambda: _wait(forward(x, y)),
            lambda: _wait(forward_and_backward(x, y)[0]),
        )

    return parts


def _wait(tensor: Any) -> None:
    tensor.numpy()


def traces(*functions: Any) -> int:
    """How often those of `functions` that are `tf.function`s were traced."""
    return sum(f.experimental_get_tracing_count() for f in functions if hasattr(f, "experimental_get_tracing_count"))


def allocator(device: str) -> Allocation:
    """What TensorFlow's allocator holds on `device` (`cpu` or `cuda:N`)."""
    if device == "cpu":
        return None, None, None, "TensorFlow keeps no statistics of its allocator on a CPU"
    info = tf.config.experimental.get_memory_info(device.replace("cuda", "GPU"))
    return info["current"], None, info["peak"], None
