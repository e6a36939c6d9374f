"""Where a TensorFlow or Keras step's time goes: spans of known length inside the graph, eager, and by a probe."""

import os
import time
from typing import Any

os.environ.update(CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="2")

import keras
import numpy as np
import pytest
import tensorflow as tf
from heard import HeardLane

from dlprof.profilers.agent.host import HostPhases
from dlprof.profilers.agent.keras import (
    ROW,
    ROWS,
    EagerFit,
    GraphFit,
    ProbedModel,
    ProbeFit,
    StepRows,
    eager_model,
    graph_model,
    stamp_batches,
)
from dlprof.profilers.agent.probe import probe
from dlprof.profilers.agent.tensorflow import GraphPhases, ProbePhases, allocator, copied_parts, durations_ns
from dlprof.workloads.tensorflow import bare_step, stamped_step

MS = 1_000_000
STEPS = 6
pytestmark = pytest.mark.slow
mse = keras.losses.MeanSquaredError()


def spin(milliseconds: float, tensor: Any) -> Any:
    """`tensor`, `milliseconds` later."""

    def busy(value: Any) -> Any:
        end = time.perf_counter_ns() + milliseconds * MS
        while time.perf_counter_ns() < end:
            pass
        return value

    later = tf.numpy_function(busy, [tensor], tensor.dtype)
    return tf.ensure_shape(later, tensor.shape)


@tf.custom_gradient
def slow_both_ways(x: Any) -> Any:
    return spin(20, x), lambda upstream: spin(40, upstream)


class Slow(keras.layers.Layer):
    def call(self, inputs: Any) -> Any:
        return slow_both_ways(inputs)


class SlowSgd(keras.optimizers.SGD):
    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        super().update_step(spin(30, gradient), variable, learning_rate)


def model(make: Any, **options: Any) -> Any:
    inputs = keras.Input((3,))
    made = make(inputs=inputs, outputs=Slow()(keras.layers.Dense(1, use_bias=False)(inputs)))
    made.compile(optimizer=SlowSgd(), loss="mse", **options)
    return made


def batches() -> Any:
    data = tf.data.Dataset.from_tensor_slices((np.ones((4, 3), np.float32), np.ones((4, 1), np.float32)))
    options = tf.data.Options()
    options.autotune.enabled = False  # It would prefetch, and the loop would not wait.
    return data.batch(4).map(lambda x, y: (spin(10, x), y)).repeat().with_options(options)


def check(lane: HeardLane) -> None:
    assert lane.dark == [2, 5]
    assert len(lane.steps) + len(lane.dark) == STEPS
    for total, data, forward, backward, optimizer, _ in lane.steps:
        assert (data >= 9.9 * MS, forward >= 19.9 * MS, backward >= 39.9 * MS, optimizer >= 29.9 * MS) == (True,) * 4
        assert data + forward + backward + optimizer <= total + MS
    losses = [step[-1] for step in lane.steps]
    assert losses == sorted(losses, reverse=True)


def samples_in_the_loss(net: Any) -> int:
    """How many samples Keras' mean loss is of."""
    return int(net.metrics[0].count)


@pytest.mark.parametrize("waits_for_host_copies", [False, True], ids=["as on a CPU", "as on a GPU"])
def test_each_phase_of_a_custom_loop_holds_its_own_work(
    monkeypatch: pytest.MonkeyPatch, waits_for_host_copies: bool
) -> None:
    if waits_for_host_copies:
        monkeypatch.setattr("dlprof.profilers.agent.tensorflow.runs_ahead", lambda: True)
    lane = HeardLane(STEPS, dark_every=3)
    net = model(keras.Model)
    stamped, bare = (make(net, mse, net.optimizer) for make in (stamped_step, bare_step))
    net.optimizer.build(net.trainable_variables)
    timer = GraphPhases(lane, "cpu", tf.function(stamped), tf.function(bare))
    timer.start()
    for x, y in batches():
        if not timer.step(x, y):
            break
    check(lane)
    assert lane.compiled_at == [0, 3], "the trace of the dark program is seen at the next step with stamps"


def test_each_phase_of_fit_holds_its_own_work() -> None:
    lane = HeardLane(STEPS, dark_every=3)
    fit = GraphFit(lane, "cpu")
    net, data = model(graph_model(fit)), batches()
    stamp_batches(data, fit.around)
    net.fit(data, epochs=2, steps_per_epoch=STEPS, shuffle=False, callbacks=[fit], verbose=0)
    check(lane)
    assert set(lane.compiled_at) == {0, 3}
    assert samples_in_the_loss(net) == 4 * STEPS, "a stamped step does the same work as Keras' own, which dark ones are"


@pytest.mark.parametrize("read_after", [1, 100, ROWS, ROWS + 1, 3 * ROWS - 1])
def test_rows_of_a_graph_come_in_their_order_whenever_they_are_read(read_after: int) -> None:
    rows = StepRows()
    step = tf.function(lambda number: rows.write(*tf.unstack(number + tf.range(ROW, dtype=tf.float64))))
    waiting, read = 0, list[Any]()
    for number in range(3 * ROWS):
        step(tf.constant(10.0 * number, tf.float64))
        rows.written()
        waiting += 1
        if waiting == read_after:
            read += [rows.oldest() for _ in range(waiting)]
            waiting = 0
    read += [rows.oldest() for _ in range(waiting)]
    assert np.array_equal(read, 10.0 * np.arange(3 * ROWS)[:, None] + np.arange(ROW))


def test_each_phase_of_an_eager_fit_holds_its_own_work() -> None:
    lane = HeardLane(STEPS, dark_every=3)
    fit = EagerFit(HostPhases(lane, lambda: allocator("cpu")))
    net = model(eager_model(fit), run_eagerly=True)
    net.fit(batches(), epochs=2, steps_per_epoch=STEPS, shuffle=False, callbacks=[fit], verbose=0)
    check(lane)
    assert samples_in_the_loss(net) == 4 * STEPS


def test_a_probe_of_the_same_function_gives_each_part_its_own_work_and_leaves_the_state_alone() -> None:
    net, copy = model(keras.Model), model(keras.Model)
    [(x, y)] = batches().take(1)
    before = [variable.numpy() for variable in net.variables]
    generator = tf.random.get_global_generator().state.numpy()
    forward, backward = probe(copied_parts(net, copy, mse, keras.optimizers.Adam(), tf.function)(x, y))
    # Spins of 20 and 40 ms, as differences of medians: on a busy machine they swing by some milliseconds.
    assert 10 * MS < forward < 30 * MS
    assert 25 * MS < backward < 60 * MS
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(before, net.variables, strict=True))
    assert np.array_equal(generator, tf.random.get_global_generator().state.numpy())


def busy_net(make: Any) -> Any:
    """With a state of every kind: weights, a normalisation's statistics, a dropout's random state."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((3,))
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(8)(inputs))
    return make(inputs=inputs, outputs=keras.layers.Dense(1)(keras.layers.Dropout(0.5)(hidden)))


def trained_by_xla(probed: bool) -> list[Any]:
    """All state after some steps, with or without probes between them."""
    net, copy = busy_net(keras.Model), busy_net(keras.Model)
    optimizer = keras.optimizers.Adam()
    optimizer.build(net.trainable_variables)
    compile_ = tf.function(jit_compile=True)
    parts = copied_parts(net, copy, mse, keras.optimizers.Adam(), compile_)
    program = compile_(bare_step(net, mse, optimizer))
    random = np.random.default_rng(0)
    for _ in range(5):
        x, y = (tf.constant(random.normal(size=(16, n)), tf.float32) for n in (3, 1))
        program(x, y)
        if probed:
            probe(parts(x, y))
    return [variable.numpy() for variable in [*net.variables, *optimizer.variables]]


def test_training_with_probes_is_bit_identical_to_training_without() -> None:
    probed, plain = trained_by_xla(True), trained_by_xla(False)
    assert len(probed) > 10
    assert all(np.array_equal(a, b) for a, b in zip(probed, plain, strict=True))


def test_xla_steps_have_a_total_and_a_probe() -> None:
    lane = HeardLane(STEPS)
    net, copy = busy_net(keras.Model), busy_net(keras.Model)
    optimizer = keras.optimizers.Adam()
    optimizer.build(net.trainable_variables)
    compile_ = tf.function(jit_compile=True)
    timer = ProbePhases(
        lane,
        "cpu",
        compile_(bare_step(net, mse, optimizer)),
        copied_parts(net, copy, mse, keras.optimizers.Adam(), compile_),
    )
    timer.start()
    for x, y in batches():
        if not timer.step(x, y):
            break
    assert len(lane.steps) == STEPS
    assert all(total > data >= 9.9 * MS and rest == [None] * 3 for total, data, *rest, _ in lane.steps)
    assert len(lane.probed) == 1


def test_fit_under_xla_has_data_a_total_and_a_probe() -> None:
    lane = HeardLane(STEPS)
    net, copy, data = busy_net(ProbedModel), busy_net(keras.Model), batches()
    net.compile(optimizer="adam", loss="mse", jit_compile=True)
    [batch] = data.take(1)
    parts = copied_parts(net, copy, mse, keras.optimizers.Adam(), tf.function(jit_compile=True))
    fit = ProbeFit(lane, "cpu", lambda: parts(*batch))
    stamp_batches(data, fit.around)
    net.fit(data, epochs=2, steps_per_epoch=STEPS, shuffle=False, callbacks=[fit], verbose=0)
    assert len(lane.steps) == STEPS
    assert all(total > data >= 9.9 * MS and rest == [None] * 3 for total, data, *rest, _ in lane.steps)
    assert len(lane.probed) == 1
    assert set(lane.compiled_at) == {0}


def test_a_clock_that_was_set_gives_no_durations() -> None:
    assert durations_ns([1.0, 1.5, 1.75], 800 * MS) == [500 * MS, 250 * MS]
    assert durations_ns([1.0, 0.5, 1.75], 800 * MS) == [None, None]
    assert durations_ns([1.0, 1.5, 9.0], 800 * MS) == [None, None]
