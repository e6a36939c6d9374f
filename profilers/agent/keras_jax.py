"""Phases of a `keras.Model.fit` step on the JAX backend, which has no clock inside: by a probe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Optional

import jax
import keras

from dlprof.profilers.agent.fit import stop
from dlprof.profilers.agent.probe import Parts, probe
from dlprof.profilers.agent.protocol import Allocation, StepMark, TrainingLane

BATCH_LOSS = "batch_loss"


class JaxModel(keras.Model):
    """A model whose training step is the one of Keras' guide for JAX, and gives the batch's own loss with the logs."""

    def loss_and_updates(self, trainable: Any, fixed: Any, x: Any, y: Any) -> Any:
        """The loss, and what the forward pass leaves behind: (loss, (outputs, state that is not trained))."""
        outputs: Any = self.stateless_call(trainable, fixed, x, training=True)
        y_pred, fixed = outputs
        return self.compute_loss(x=x, y=y, y_pred=y_pred, training=True), (y_pred, fixed)

    def train_step(self, state: Any, data: Any) -> Any:
        """One update: (logs, state)."""
        trainable, fixed, optimizer, metrics = state
        x, y = data
        gradient_of = jax.value_and_grad(self.loss_and_updates, has_aux=True)
        (loss, (y_pred, fixed)), gradients = gradient_of(trainable, fixed, x, y)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        updated: list[Any] = []
        logs = {BATCH_LOSS: loss}
        for metric in self.metrics:
            own = metrics[len(updated) : len(updated) + len(metric.variables)]
            if metric.name == "loss":
                own = metric.stateless_update_state(own, loss, sample_weight=x.shape[0])
            else:
                own = metric.stateless_update_state(own, y, y_pred)
            logs[metric.name] = metric.stateless_result(own)
            updated += own
        return logs, (trainable, fixed, optimizer, updated)


class JaxFit(keras.callbacks.Callback):
    """Times the train function that `fit` calls. A hook of every batch would make `fit` wait for the device.

    A step ends when the one before it is done on the device: JAX may run one step ahead.
    """

    def __init__(self, lane: TrainingLane) -> None:
        super().__init__()
        self._lane = lane
        self._compiled = 0
        self._pending: Optional[tuple[StepMark, int, int, Any]] = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Keras' hook: training starts."""
        # Asking a callback for its model during an epoch gives the model the state of the step before last.
        model: Any = self.model
        self._trained = model
        jax.monitoring.register_event_duration_secs_listener(self._count_compilation)
        self._train, model.train_function = model.train_function, self._timed
        self._parts = jax_parts(model)
        self._mark = self._lane.start_training(
            self._flush, _allocator, lambda: self._compiled, lambda: probe(self._parts(self._state, self._batch))
        )

    def _timed(self, state: Any, iterator: Iterator[Any]) -> Any:
        begin = time.perf_counter_ns()
        self._batch = next(iterator)
        data = time.perf_counter_ns() - begin
        logs, self._state = self._train(state, iter([self._batch]))
        self._flush()
        end, mark = time.perf_counter_ns(), self._mark
        self._pending = (mark, end - mark.start_ns, data, logs.pop(BATCH_LOSS))
        following = self._lane.next_step(end)
        if following is None:
            stop(self._trained)
        else:
            self._mark = following
        return logs, self._state

    def _flush(self) -> None:
        if self._pending is not None:
            mark, total, data, loss = self._pending
            self._pending = None
            self._lane.record(mark, total, (data, None, None, None, float(loss)))

    def _count_compilation(self, event: str, duration_secs: float, **_: Any) -> None:
        self._compiled += event == "/jax/core/compile/backend_compile_duration"


def jax_parts(model: Any) -> Callable[[Any, Any], Parts]:
    """The parts of a training step of the `JaxModel`, given its state and a batch. Nothing is written to either."""
    compile_: Callable[[Any], Any] = (lambda part: part) if model.run_eagerly or not model.jit_compile else jax.jit

    @compile_
    def step(trainable: Any, fixed: Any, optimizer: Any, x: Any, y: Any) -> Any:
        gradients, (_, fixed) = jax.grad(model.loss_and_updates, has_aux=True)(trainable, fixed, x, y)
        trainable, optimizer = model.optimizer.stateless_apply(optimizer, gradients, trainable)
        return trainable, fixed, optimizer

    @compile_
    def nothing(trainable: Any, fixed: Any, x: Any, y: Any) -> Any:
        return sum(leaf.ravel()[0].astype("float32") for leaf in jax.tree.leaves((trainable, x, y)))

    @compile_
    def forward(trainable: Any, fixed: Any, x: Any, y: Any) -> Any:
        return model.loss_and_updates(trainable, fixed, x, y)[0]

    @compile_
    def forward_and_backward(trainable: Any, fixed: Any, x: Any, y: Any) -> Any:
        (loss, _), gradients = jax.value_and_grad(model.loss_and_updates, has_aux=True)(trainable, fixed, x, y)
        return loss, gradients  # all of them: XLA leaves out what nobody takes

    def parts(state: Any, batch: Any) -> Parts:
        copied = state[:3]

        def train() -> None:
            nonlocal copied
            copied = jax.block_until_ready(step(*copied, *batch))

        def timed(part: Any) -> Callable[[], None]:
            return lambda: jax.block_until_ready(part(*copied[:2], *batch))

        return Parts(train, timed(nothing), timed(forward), timed(forward_and_backward))

    return parts


def _allocator() -> Allocation:
    statistics = jax.devices()[0].memory_stats()
    if not statistics:
        return None, None, None, "JAX keeps no statistics of its allocator on a CPU"
    return statistics.get("bytes_in_use"), statistics.get("bytes_reserved"), statistics.get("peak_bytes_in_use"), None
