"""The Keras lane: keras.Model.fit on the TensorFlow backend, as `fit` decides, eager, or compiled by XLA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from dlprof.profilers.agent.host import HostPhases
from dlprof.profilers.agent.keras import (
    EagerFit,
    GraphFit,
    ProbedModel,
    ProbeFit,
    eager_model,
    graph_model,
    stamp_batches,
)
from dlprof.profilers.agent.protocol import TrainingLane
from dlprof.profilers.agent.tensorflow import allocator, copied_parts
from dlprof.workloads import keras_model, tf_data
from dlprof.workloads.data import Prepared, load
from dlprof.workloads.deploy.saving.formats import save_all
from dlprof.workloads.deploy.saving.keras import formats
from dlprof.workloads.own_task import task_of
from dlprof.workloads.predictions import accuracy, keep
from dlprof.workloads.tasks import Task

PHASES = ("data", "forward", "backward", "optimizer")


def train(lane: TrainingLane) -> None:
    """Train as the recorder says, then evaluate."""
    config = lane.config
    task, device = task_of(config["task"]), config["device"]
    lane.status("building")
    tf_data.use_growing_gpu_memory()
    keras.utils.set_random_seed(config["seed"])
    prepared = load(Path(config["data_dir"]), config["batch_size"])
    with tf.device(tf_data.device_name(device)):
        dataset = tf_data.batches(prepared.train, config["batch_size"], config["workers"])
        if config["mode"] == "eager":
            model, fit, clocks = _eager(lane, task, prepared)
        elif keras_model.resolves_to_jit(config["mode"]):
            model, fit, clocks = _probed(lane, task, prepared, dataset)
        else:
            model, fit, clocks = _stamped(lane, task, prepared, dataset)
        lane.describe(
            framework_version=keras.__version__,
            backend_version=tf.__version__,
            parameters=keras_model.parameters(model),
            jit=bool(model.jit_compile),
            clocks={**clocks, "step": "host"},
            **tf_data.facts(config["workers"]),
        )
        lane.measures_accuracy(lambda: accuracy(keras_model.logits(model, prepared.test), prepared.test.y))
        lane.status("warming up")
        epoch = len(prepared.train.x) // config["batch_size"]
        keras_model.fit(model, dataset, fit, steps_per_epoch=epoch)
    lane.status("evaluating")
    logits = keras_model.logits(model, prepared.test)
    keep(lane, logits)
    save_all(lane, formats(model), keras_model.inputs_of(prepared.test), logits)


def _stamped(lane: TrainingLane, task: Task, prepared: Prepared, dataset: Any) -> Any:
    fit = GraphFit(lane, lane.config["device"])
    stamp_batches(dataset, fit.around)
    return _build(lane, task, prepared, graph_model(fit)), fit, {**dict.fromkeys(PHASES, "in-graph"), "other": "host"}


def _probed(lane: TrainingLane, task: Task, prepared: Prepared, dataset: Any) -> Any:
    model, copy = (_build(lane, task, prepared, make) for make in (ProbedModel, keras.Model))
    loss_of, optimizer = keras_model.loss_of(task), keras_model.optimizer_of(task)
    parts = copied_parts(model, copy, loss_of, optimizer, tf.function(jit_compile=True))
    [batch] = dataset.take(1)
    fit = ProbeFit(lane, lane.config["device"], lambda: parts(*batch))
    stamp_batches(dataset, fit.around)
    return model, fit, {"data": "in-graph", **dict.fromkeys(PHASES[1:], "probe"), "other": "n/a"}


def _eager(lane: TrainingLane, task: Task, prepared: Prepared) -> Any:
    fit = EagerFit(HostPhases(lane, lambda: allocator(lane.config["device"])))
    return _build(lane, task, prepared, eager_model(fit)), fit, dict.fromkeys((*PHASES, "other"), "host")


def _build(lane: TrainingLane, task: Task, prepared: Prepared, make: type[keras.Model]) -> keras.Model:
    model = keras_model.build(task, prepared.weights, make)
    keras_model.compile_for(model, task, lane.config["mode"])
    return model
