"""The TensorFlow lane: a loop of its own with tf.function, GradientTape and tf.data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from dlprof.profilers.agent.protocol import TrainingLane
from dlprof.profilers.agent.tensorflow import GraphPhases, stamp, updated
from dlprof.workloads import keras_model
from dlprof.workloads.data import load
from dlprof.workloads.tasks import TASKS


def train(lane: TrainingLane) -> None:
    """Train as the recorder says, then evaluate."""
    config = lane.config
    task = TASKS[config["task"]["name"]]
    lane.status("building")
    keras_model.use_growing_gpu_memory()
    tf.random.set_seed(config["seed"])
    prepared = load(Path(config["data_dir"]), config["batch_size"])
    with tf.device(keras_model.device_name(config["device"])):
        model = keras_model.build(task, config.get("dropout", task.dropout), prepared.weights, keras.Model)
        dataset = keras_model.batches(prepared, config["batch_size"], config["workers"])
        step = training_step(model, keras_model.loss_of(task), keras_model.adam())
        timer = GraphPhases(lane, config["device"])
        clocks = dict.fromkeys(("forward", "backward", "optimizer"), "in-graph")
        lane.describe(
            framework_version=tf.__version__,
            clocks={"data": "host", **clocks, "other": "host", "step": "host"},
            **keras_model.facts(model, False, config["workers"]),
        )
        lane.status("warming up")
        timer.start()
        for x, y in dataset:
            timer.data_done()
            if not timer.step_done(step(x, y)):
                break
    lane.status("evaluating")
    lane.metrics(**keras_model.evaluate(model, prepared, task))


def training_step(model: keras.Model, loss_of: Any, optimizer: Any) -> Any:
    """One compiled update, giving loss and stamps as one tensor (5,), float64."""
    variables = model.trainable_variables
    optimizer.build(variables)

    @tf.function
    def step(x: Any, y: Any) -> Any:
        start = stamp(x, y)
        with tf.control_dependencies([start]), tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        forward = stamp(loss)
        with tf.control_dependencies([forward]):
            gradients = tape.gradient(loss, variables)
        backward = stamp(gradients)
        with tf.control_dependencies([backward]):
            optimizer.apply_gradients(zip(gradients, variables))
        done = stamp(updated([variable.value for variable in variables]))
        return tf.stack([tf.cast(loss, tf.float64), start, forward, backward, done])

    return step
