"""Stamps in the graph and probes of the same function without XLA: TASK; prints JSON, medians in ms.

`stamps` are those of the lane, whose step goes on beyond them: TensorFlow updates a variable while others still wait
for their gradients. `apart` are those of a step in which every update waits for the last gradient.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

os.environ.update(CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="2")
sys.path.append(str(Path(__file__).parents[1] / "tests" / "profilers" / "agent"))

import keras
import tensorflow as tf
from heard import HeardLane

from dlprof.profilers.agent.probe import probe
from dlprof.profilers.agent.tensorflow import GraphPhases, after, copied_parts, stamp, updated
from dlprof.workloads import keras_model, tf_data
from dlprof.workloads.data import load, prepare
from dlprof.workloads.tasks import TASKS
from dlprof.workloads.tensorflow import bare_step, stamped_step

PHASES = ("forward", "backward")
ROUNDS, STEPS = 16, 40


def apart_step(model: keras.Model, loss_of: Any, optimizer: Any) -> Any:
    """As `stamped_step`, but no part of a step begins before the one before it is over."""
    variables = model.trainable_variables

    def step(x: Any, y: Any) -> Any:
        start = stamp(x, y)
        x, y = after(start, x), after(start, y)
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        forward = stamp(loss)
        gradients = tape.gradient(loss, variables, after(forward, tf.ones_like(loss)))
        backward = stamp(gradients)
        optimizer.apply_gradients([(after(backward, one), own) for one, own in zip(gradients, variables, strict=True)])
        done = stamp(updated([variable.value for variable in variables]))
        return tf.stack([tf.cast(loss, tf.float64), start, forward, backward, done])

    return step


def main(name: str) -> None:
    task = TASKS[name]
    with tempfile.TemporaryDirectory() as folder:
        prepare(name, Path(folder), 10, seed=0)
        prepared = load(Path(folder), task.batch_size)
    model, copy = (keras_model.build(task, prepared.weights, keras.Model) for _ in range(2))
    loss_of, optimizer = keras_model.loss_of(task), keras_model.optimizer_of(task)
    optimizer.build(model.trainable_variables)
    bare = tf.function(bare_step(model, loss_of, optimizer))
    stamped = {
        how: tf.function(make(model, loss_of, optimizer))
        for how, make in (("stamps", stamped_step), ("apart", apart_step))
    }
    parts = copied_parts(model, copy, loss_of, keras_model.optimizer_of(task), tf.function)
    batches: Any = iter(tf_data.batches(prepared.train, task.batch_size, 0))
    found: dict[str, list[float]] = {f"{how} {phase}": [] for how in (*stamped, "probe") for phase in PHASES}
    x, y = next(batches)
    for _ in range(ROUNDS):
        for how, program in stamped.items():
            lane = HeardLane(STEPS)
            timer = GraphPhases(lane, "cpu", program, bare)
            timer.start()
            while timer.step(x, y):
                x, y = next(batches)
            for column, phase in enumerate(PHASES, start=2):
                found[f"{how} {phase}"].append(median(step[column] for step in lane.steps[STEPS // 2 :]) / 1e6)
        for phase, probed in zip(PHASES, probe(parts(x, y)), strict=True):
            found[f"probe {phase}"].append(probed / 1e6)
    print(json.dumps({key: median(values[1:]) for key, values in found.items()}))


if __name__ == "__main__":
    main(sys.argv[1])
