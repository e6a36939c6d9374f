"""Phases of a `keras.Model.fit` step on the TensorFlow backend."""

from __future__ import annotations

import time
from typing import Any

import keras
import tensorflow as tf

from dlprof.profilers.agent.protocol import TrainingLane
from dlprof.profilers.agent.tensorflow import allocator, durations_ns, stamp, updated


class FitPhases(keras.callbacks.Callback):
    """Reads, after each batch, the loss and the stamps that the step left in one variable."""

    def __init__(self, lane: TrainingLane, device: str) -> None:
        super().__init__()
        self._lane, self._device = lane, device
        self.stamps = tf.Variable(tf.zeros(6, tf.float64), trainable=False)
        """Shape (6,): loss; then the wall clock, s, before the batch, with it, at loss, gradients, update."""
        self.before_batch: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Keras' hook: training starts."""
        self._mark = self._lane.start_training(lambda: None, lambda: allocator(self._device))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keras' hook: one batch is done."""
        loss, *stamps = self.stamps.numpy().tolist()
        end = time.perf_counter_ns()
        mark = self._mark
        total = end - mark.start_ns
        data, forward, backward, optimizer = durations_ns(stamps, total)
        self._lane.record(mark, total, data, forward, backward, optimizer, loss)
        following = self._lane.next_step(end)
        if following is None:
            model: Any = self.model
            model.stop_training = True
        else:
            self._mark = following


def timed_model(phases: FitPhases) -> type[keras.Model]:
    """A `keras.Model` whose training step is the one of Keras' guide, with stamps that `phases` reads."""

    class TimedModel(keras.Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            x, y = data
            begin = phases.before_batch
            ready = stamp(x, y)
            with tf.control_dependencies([ready]), tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss: Any = self.compute_loss(x=x, y=y, y_pred=y_pred, training=True)
            forward = stamp(loss)
            variables = self.trainable_variables
            with tf.control_dependencies([forward]):
                gradients = tape.gradient(loss, variables)
            backward = stamp(gradients)
            with tf.control_dependencies([backward]):
                self.optimizer.apply_gradients(zip(gradients, variables))
            done = stamp(updated([variable.value for variable in variables]))
            phases.stamps.assign(tf.stack([tf.cast(loss, tf.float64), begin, ready, forward, backward, done]))
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    return TimedModel


def stamp_batches(phases: FitPhases, dataset: Any) -> None:
    """Stamp the graph right before it fetches a batch: `fit` fetches inside its own `tf.function`."""
    iterator = type(iter(dataset))
    fetch = iterator.get_next

    def get_next(self: Any) -> Any:
        if not tf.inside_function():
            return fetch(self)
        phases.before_batch = tf.timestamp()
        with tf.control_dependencies([phases.before_batch]):
            return fetch(self)

    iterator.get_next = get_next
