"""The Keras lane: keras.Model.fit on the TensorFlow backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from dlprof.profilers.agent.keras import FitPhases, stamp_batches, timed_model
from dlprof.profilers.agent.protocol import TrainingLane
from dlprof.workloads import keras_model
from dlprof.workloads.data import load
from dlprof.workloads.tasks import TASKS

MANY_EPOCHS = 1_000_000_000


def train(lane: TrainingLane) -> None:
    """Train as the recorder says, then evaluate."""
    config = lane.config
    task = TASKS[config["task"]["name"]]
    lane.status("building")
    keras_model.use_growing_gpu_memory()
    keras.utils.set_random_seed(config["seed"])
    prepared = load(Path(config["data_dir"]), config["batch_size"])
    phases = FitPhases(lane, config["device"])
    with tf.device(keras_model.device_name(config["device"])):
        model = keras_model.build(task, config.get("dropout", task.dropout), prepared.weights, timed_model(phases))
        model.compile(optimizer=keras_model.adam(), loss=keras_model.loss_of(task))
        dataset = keras_model.batches(prepared, config["batch_size"], config["workers"])
        stamp_batches(phases, dataset)
        clocks = dict.fromkeys(("data", "forward", "backward", "optimizer"), "in-graph")
        lane.describe(
            framework_version=keras.__version__,
            backend_version=tf.__version__,
            clocks={**clocks, "other": "host", "step": "host"},
            **keras_model.facts(model, bool(model.jit_compile), config["workers"]),
        )
        lane.status("warming up")
        epoch = len(prepared.train_x) // config["batch_size"]
        fit: Any = model.fit
        fit(dataset, epochs=MANY_EPOCHS, steps_per_epoch=epoch, shuffle=False, callbacks=[phases], verbose=0)
    lane.status("evaluating")
    lane.metrics(**keras_model.evaluate(model, prepared, task))
