"""The Keras lane on the torch backend: keras.Model.fit over a DataLoader."""

from __future__ import annotations

from pathlib import Path

import keras
import torch

from dlprof.profilers.agent.keras_torch import TorchFit, tell_when_asked, torch_model
from dlprof.profilers.agent.protocol import TrainingLane
from dlprof.profilers.agent.torch import dynamo_compilations, phases
from dlprof.workloads import keras_model
from dlprof.workloads.data import load
from dlprof.workloads.deploy.saving.formats import save_all
from dlprof.workloads.deploy.saving.keras_torch import formats
from dlprof.workloads.own_task import task_of
from dlprof.workloads.predictions import accuracy, keep
from dlprof.workloads.torch_data import ChannelsLast, facts, loader


def train(lane: TrainingLane) -> None:
    """Train as the recorder says, then evaluate."""
    config = lane.config
    task, device = task_of(config["task"]), torch.device(config["device"])
    lane.status("building")
    keras_model.set_seed(config["seed"])
    torch.manual_seed(config["seed"])
    prepared = load(Path(config["data_dir"]), config["batch_size"])
    compiled = keras_model.resolves_to_jit(config["mode"])
    timer = phases(lane, device, dynamo_compilations if compiled else lambda: 0)
    fit = TorchFit(timer)
    with keras.device(config["device"]):
        model = keras_model.build(task, prepared.weights, torch_model(fit))
        keras_model.compile_for(model, task, config["mode"])
        lane.describe(
            framework_version=keras.__version__,
            backend_version=torch.__version__,
            parameters=keras_model.parameters(model),
            jit=bool(model.jit_compile),
            clocks=dict.fromkeys(("data", "forward", "backward", "optimizer", "other", "step"), timer.clock),
            **facts(config["workers"]),
        )
        lane.measures_accuracy(lambda: accuracy(keras_model.logits(model, prepared.test), prepared.test.y))
        lane.status("warming up")
        batches = loader(ChannelsLast(prepared.train), config["batch_size"], config["workers"])
        tell_when_asked(batches, timer.data_begins)
        keras_model.fit(model, batches, fit)
    lane.status("evaluating")
    logits = keras_model.logits(model, prepared.test)
    keep(lane, logits)
    save_all(lane, formats(model), keras_model.inputs_of(prepared.test), logits)
