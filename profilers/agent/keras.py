"""Phases of a `keras.Model.fit` step on the TensorFlow backend: in its graph, eager, or compiled by XLA."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from dlprof.profilers.agent.fit import TimedFit, metrics_after, stop
from dlprof.profilers.agent.host import HostPhases
from dlprof.profilers.agent.probe import Parts, probe
from dlprof.profilers.agent.protocol import TrainingLane
from dlprof.profilers.agent.tensorflow import after, allocator, durations_ns, measured, stamp, updated

ROWS = 512
"""More steps than run between two hand-overs, but those of the shortest."""
ROW = 6
"""Loss; then the wall clock, s, before the batch, with it, at loss, gradients, update."""


class StepRows:
    """Rows that a graph writes, one a step, and the host reads many at a time.

    What a training step gives beside its logs passes through three functions of Keras' and costs as much as the stamps.
    """

    def __init__(self) -> None:
        with tf.device("/CPU:0"):
            self._rows = tf.Variable(tf.zeros((ROWS, ROW), tf.float64), trainable=False)
            self._last = tf.Variable(tf.constant(-1), trainable=False)
        self._written = 0
        self._unread: deque[Any] = deque()

    def write(self, loss: Any, *stamps: Any) -> None:
        """Inside the graph: keep the row of a step. The graph is not over before that."""
        with tf.device("/CPU:0"):
            row = tf.stack([tf.cast(loss, tf.float64), *stamps])
            self._rows.scatter_update(tf.IndexedSlices(row, self._last.assign_add(1)))

    def written(self) -> None:
        """A graph that writes a row is over."""
        self._written += 1
        if self._written == ROWS:
            self._read()

    def oldest(self) -> Any:
        """The row after the one that was taken last, an array."""
        if not self._unread:
            self._read()
        return self._unread.popleft()

    def _read(self) -> None:
        self._unread.extend(self._rows.numpy()[: self._written])
        self._last.assign(-1)
        self._written = 0


class GraphFit(keras.callbacks.Callback):
    """Has the graph keep the loss and the stamps of each step.

    In a dark step `fit` calls a second train function, made of Keras' own training step.
    """

    def __init__(self, lane: TrainingLane, device: str) -> None:
        super().__init__()
        self._lane, self._device, self.rows = lane, device, StepRows()
        self.before_batch: Any = None
        self.stamping = True
        """Whether what is traced now gets stamps."""
        self.traced = 0
        """How often the training step was traced: its Python runs only then."""

    def around(self, fetch: Callable[[], Any]) -> Any:
        """Fetch a batch after a stamp."""
        if not self.stamping:
            return fetch()
        self.before_batch = tf.timestamp()
        with tf.control_dependencies([self.before_batch]):
            return fetch()

    def on_train_begin(self, logs: Any = None) -> None:
        """Keras' hook: training starts."""
        model: Any = self.model
        stamped = model.train_function
        model.make_train_function(force=True)
        self._functions = {True: stamped, False: model.train_function}
        # Assigned once: Keras looks at what is assigned, which at every change of kind costs as much as all stamps.
        model.train_function = lambda iterator: self._functions[self.stamping](iterator)
        self._mark = self._lane.start_training(lambda: None, lambda: allocator(self._device), lambda: self.traced)
        self.stamping = self._mark.lit

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keras' hook: one batch is done."""
        mark = self._mark
        end = time.perf_counter_ns()
        if mark.lit:
            self.rows.written()
            total = end - mark.start_ns
            self._lane.record(mark, total, partial(measured, self.rows.oldest, total))
        else:
            self._lane.record_dark(mark, end)
        following = self._lane.next_step(end)
        if following is None:
            stop(self.model)
        else:
            self._mark = following
            self.stamping = following.lit


class ProbedModel(keras.Model):
    """A model whose training step, which XLA compiles, is the one of Keras' guide and keeps the batch's own loss."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.batch_loss = tf.Variable(tf.zeros(()), trainable=False)
        self.traced = 0

    def train_step(self, data: Any) -> dict[str, Any]:
        """One update."""
        self.traced += 1
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss: Any = self.compute_loss(x=x, y=y, y_pred=y_pred, training=True)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        self.batch_loss.assign(loss)
        return metrics_after(self, x, y, y_pred, loss, tf.shape(x)[0])


class ProbeFit(keras.callbacks.Callback):
    """For a `ProbedModel`: data by stamps around the compiled step, the rest by a probe between steps."""

    def __init__(self, lane: TrainingLane, device: str, parts: Callable[[], Parts]) -> None:
        super().__init__()
        self._lane, self._device, self._parts = lane, device, parts
        self._stamps = tf.Variable(tf.zeros(2, tf.float64), trainable=False)

    def around(self, fetch: Callable[[], Any]) -> Any:
        """Fetch a batch between two stamps."""
        begin = tf.timestamp()
        with tf.control_dependencies([begin]):
            batch = fetch()
        self._stamps.assign(tf.stack([begin, stamp(batch)]))
        return batch

    def on_train_begin(self, logs: Any = None) -> None:
        """Keras' hook: training starts."""
        model: Any = self.model
        self._mark = self._lane.start_training(
            lambda: None,
            lambda: allocator(self._device),
            lambda: model.traced,
            lambda: probe(self._parts()),
        )

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keras' hook: one batch is done."""
        model: Any = self.model
        loss, stamps = float(model.batch_loss.numpy()), self._stamps.numpy().tolist()
        end = time.perf_counter_ns()
        mark = self._mark
        total = end - mark.start_ns
        [data] = durations_ns(stamps, total)
        self._lane.record(mark, total, (data, None, None, None, loss))
        following = self._lane.next_step(end)
        if following is None:
            stop(model)
        else:
            self._mark = following


class EagerFit(TimedFit, keras.callbacks.Callback):
    """For `run_eagerly`, where the training step is Python: stamps of the host's clock."""

    timer: HostPhases

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Keras' hook: a batch is about to be fetched."""
        self.timer.data_begins()


def graph_model(fit: GraphFit) -> type[keras.Model]:
    """A `keras.Model` whose training step is the one of Keras' guide, with stamps that `fit` reads."""

    class GraphModel(keras.Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            fit.traced += 1
            if not fit.stamping:
                return super().train_step(data)
            x, y = data
            begin = fit.before_batch
            ready = stamp(x, y)
            x = after(ready, x)
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss: Any = self.compute_loss(x=x, y=y, y_pred=y_pred, training=True)
            forward = stamp(loss)
            variables = self.trainable_variables
            first, *gradients = tape.gradient(loss, variables, after(forward, tf.ones_like(loss)))
            backward = stamp(first, gradients)
            self.optimizer.apply_gradients(zip([after(backward, first), *gradients], variables))
            done = stamp(updated([variable.value for variable in variables]))
            fit.rows.write(loss, begin, ready, forward, backward, done)
            return metrics_after(self, x, y, y_pred, loss, tf.shape(x)[0])

    return GraphModel


def eager_model(fit: EagerFit) -> type[keras.Model]:
    """A `keras.Model` whose training step is the one of Keras' guide, with stamps of the host's clock."""

    class EagerModel(keras.Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            if not fit.timer.lit:
                return super().train_step(data)
            fit.timer.data_done()
            x, y = data
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss: Any = self.compute_loss(x=x, y=y, y_pred=y_pred, training=True)
            fit.timer.forward_done()
            gradients = tape.gradient(loss, self.trainable_variables)
            fit.timer.backward_done()
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
            fit.timer.optimizer_done()
            fit.loss = loss
            return metrics_after(self, x, y, y_pred, loss, tf.shape(x)[0])

    return EagerModel


def stamp_batches(dataset: Any, around: Callable[[Callable[[], Any]], Any]) -> None:
    """Let `around` fetch the batches of `dataset` where a graph does: `fit` fetches inside its own `tf.function`."""
    iterator = type(iter(dataset))
    fetch = iterator.get_next

    def get_next(self: Any) -> Any:
        return around(lambda: fetch(self)) if tf.inside_function() else fetch(self)

    iterator.get_next = get_next
