"""Where a TensorFlow or Keras step's time goes: spans of known length inside the graph."""

import os
import time
from typing import Any

os.environ.update(CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="2")

import keras
import numpy as np
import pytest
import tensorflow as tf
from heard import HeardLane

from dlprof.profilers.agent.keras import FitPhases, stamp_batches, timed_model
from dlprof.profilers.agent.tensorflow import GraphPhases, durations_ns
from dlprof.workloads.tensorflow import training_step

MS = 1_000_000
STEPS = 6
pytestmark = pytest.mark.slow


def spin(milliseconds: float, tensor: Any) -> Any:
    """`tensor`, `milliseconds` later."""

    def busy(value: Any) -> Any:
        end = time.perf_counter_ns() + milliseconds * MS
        while time.perf_counter_ns() < end:
            pass
        return value

    [later] = tf.numpy_function(busy, [tensor], [tensor.dtype])
    later.set_shape(tensor.shape)
    return later


@tf.custom_gradient
def slow_both_ways(x: Any) -> Any:
    return spin(20, x), lambda upstream: spin(40, upstream)


class Slow(keras.layers.Layer):
    def call(self, inputs: Any) -> Any:
        return slow_both_ways(inputs)


class SlowSgd(keras.optimizers.SGD):
    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        super().update_step(spin(30, gradient), variable, learning_rate)


def model(make: Any) -> Any:
    inputs = keras.Input((3,))
    made = make(inputs=inputs, outputs=Slow()(keras.layers.Dense(1, use_bias=False)(inputs)))
    made.compile(optimizer=SlowSgd(), loss="mse")
    return made


def batches() -> Any:
    data = tf.data.Dataset.from_tensor_slices((np.ones((4, 3), np.float32), np.ones((4, 1), np.float32)))
    options = tf.data.Options()
    options.autotune.enabled = False  # It would prefetch, and the loop would not wait.
    return data.batch(4).map(lambda x, y: (spin(10, x), y)).repeat().with_options(options)


def check(lane: HeardLane) -> None:
    assert len(lane.steps) == STEPS
    for total, data, forward, backward, optimizer, _ in lane.steps:
        assert (data >= 9.9 * MS, forward >= 19.9 * MS, backward >= 39.9 * MS, optimizer >= 29.9 * MS) == (True,) * 4
        assert data + forward + backward + optimizer <= total + MS
    losses = [step[-1] for step in lane.steps]
    assert losses == sorted(losses, reverse=True)


def test_each_phase_of_a_custom_loop_holds_its_own_work() -> None:
    lane = HeardLane(STEPS)
    timer = GraphPhases(lane, "cpu")
    net = model(keras.Model)
    step = training_step(net, keras.losses.MeanSquaredError(), net.optimizer)
    timer.start()
    for x, y in batches():
        timer.data_done()
        if not timer.step_done(step(x, y)):
            break
    check(lane)


def test_each_phase_of_fit_holds_its_own_work() -> None:
    lane = HeardLane(STEPS)
    phases = FitPhases(lane, "cpu")
    net, data = model(timed_model(phases)), batches()
    stamp_batches(phases, data)
    net.fit(data, epochs=2, steps_per_epoch=STEPS, shuffle=False, callbacks=[phases], verbose=0)
    check(lane)


def test_a_clock_that_was_set_gives_no_durations() -> None:
    assert durations_ns([1.0, 1.5, 1.75], 800 * MS) == [500 * MS, 250 * MS]
    assert durations_ns([1.0, 0.5, 1.75], 800 * MS) == [None, None]
    assert durations_ns([1.0, 1.5, 9.0], 800 * MS) == [None, None]
