"""The TensorFlow lane: a loop of its own with GradientTape and tf.data; `tf.function`, eager, or compiled by XLA."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Union

import keras
import tensorflow as tf

from dlprof.profilers.agent.host import HostPhases
from dlprof.profilers.agent.protocol import TrainingLane
from dlprof.profilers.agent.tensorflow import GraphPhases, ProbePhases, after, allocator, copied_parts, stamp, updated
from dlprof.workloads import keras_model, tf_data
from dlprof.workloads.data import load
from dlprof.workloads.deploy.saving.formats import save_all
from dlprof.workloads.deploy.saving.tensorflow import formats
from dlprof.workloads.own_task import task_of
from dlprof.workloads.predictions import accuracy, keep


def train(lane: TrainingLane) -> None:
    """Train as the recorder says, then evaluate."""
    config = lane.config
    task, device, mode = task_of(config["task"]), config["device"], config["mode"]
    lane.status("building")
    tf_data.use_growing_gpu_memory()
    tf.random.set_seed(config["seed"])
    prepared = load(Path(config["data_dir"]), config["batch_size"])
    with tf.device(tf_data.device_name(device)):
        model = keras_model.build(task, prepared.weights, keras.Model)
        dataset = tf_data.batches(prepared.train, config["batch_size"], config["workers"])
        loss_of, optimizer = keras_model.loss_of(task), keras_model.optimizer_of(task)
        optimizer.build(model.trainable_variables)
        lane.describe(
            framework_version=tf.__version__,
            parameters=keras_model.parameters(model),
            jit=mode == "compiled",
            **tf_data.facts(config["workers"]),
        )
        lane.measures_accuracy(lambda: accuracy(keras_model.logits(model, prepared.test), prepared.test.y))
        if mode == "default":
            stamped, bare = stamped_step(model, loss_of, optimizer), bare_step(model, loss_of, optimizer)
            in_graph = GraphPhases(lane, device, tf.function(stamped), tf.function(bare))
            _train_whole_steps(lane, dataset, in_graph, "in-graph", "host")
        elif mode == "eager" and device == "cpu":
            timer = HostPhases(lane, lambda: allocator(device))
            _train_eagerly(lane, dataset, timer, model, loss_of, optimizer)
        else:
            copy = keras_model.build(task, prepared.weights, keras.Model)
            compile_ = tf.function(jit_compile=True) if mode == "compiled" else lambda function: function
            program = compile_(bare_step(model, loss_of, optimizer))
            parts = copied_parts(model, copy, loss_of, keras_model.optimizer_of(task), compile_)
            _train_whole_steps(lane, dataset, ProbePhases(lane, device, program, parts), "probe", "n/a")
    lane.status("evaluating")
    logits = keras_model.logits(model, prepared.test)
    keep(lane, logits)
    save_all(lane, formats(model), keras_model.inputs_of(prepared.test), logits)


def bare_step(model: keras.Model, loss_of: Any, optimizer: Any) -> Any:
    """One update, giving the loss, as TensorFlow's guide to custom loops writes it."""
    variables = model.trainable_variables

    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables))
        return loss

    return step


def stamped_step(model: keras.Model, loss_of: Any, optimizer: Any) -> Any:
    """The same with stamps between its parts, giving loss and stamps as one tensor (5,), float64."""
    variables = model.trainable_variables

    def step(x: Any, y: Any) -> Any:
        start = stamp(x, y)
        x = after(start, x)
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        forward = stamp(loss)
        first, *gradients = tape.gradient(loss, variables, after(forward, tf.ones_like(loss)))
        backward = stamp(first, gradients)
        optimizer.apply_gradients(zip([after(backward, first), *gradients], variables))
        done = stamp(updated([variable.value for variable in variables]))
        return tf.stack([tf.cast(loss, tf.float64), start, forward, backward, done])

    return step


def _train_whole_steps(
    lane: TrainingLane, dataset: Any, timer: Union[GraphPhases, ProbePhases], clock: str, other: str
) -> None:
    """For a step that is one program; `clock` is that of its parts."""
    clocks = dict.fromkeys(("forward", "backward", "optimizer"), clock)
    lane.describe(clocks={"data": "host", **clocks, "other": other, "step": "host"})
    lane.status("warming up")
    timer.start()
    for x, y in dataset:
        if not timer.step(x, y):
            return


def _train_eagerly(
    lane: TrainingLane, dataset: Any, timer: HostPhases, model: keras.Model, loss_of: Any, optimizer: Any
) -> None:
    lane.describe(clocks=dict.fromkeys(("data", "forward", "backward", "optimizer", "other", "step"), "host"))
    lane.status("warming up")
    variables = model.trainable_variables
    timer.start()
    for x, y in dataset:
        timer.data_done()
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        timer.forward_done()
        gradients = tape.gradient(loss, variables)
        timer.backward_done()
        optimizer.apply_gradients(zip(gradients, variables))
        timer.optimizer_done()
        if not timer.step_done(loss):
            return
