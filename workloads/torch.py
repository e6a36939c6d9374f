"""The torch lane: nn.Module, DataLoader and a loop in the style of the PyTorch quickstart, eager or torch.compile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from dlprof.profilers.agent.protocol import TrainingLane
from dlprof.profilers.agent.torch import dynamo_compilations, phases
from dlprof.workloads.data import Samples, load
from dlprof.workloads.deploy.saving.formats import save_all
from dlprof.workloads.deploy.saving.torch import formats
from dlprof.workloads.models.model import Weights
from dlprof.workloads.own_task import task_of
from dlprof.workloads.predictions import accuracy, keep
from dlprof.workloads.tasks import Adam, Task
from dlprof.workloads.torch_data import Batches, facts, for_ever, loader


def build(task: Task, weights: Weights) -> nn.Module:
    """The task's model with its initial weights."""
    model = task.model.torch()
    model.load_state_dict({name: torch.tensor(value) for name, value in task.model.torch_state(weights).items()})
    return model


def optimizer_of(task: Task, trained: list[nn.Parameter]) -> torch.optim.Optimizer:
    """The task's optimizer of the parameters `trained`."""
    options = task.optimizer
    if isinstance(options, Adam):
        betas = (options.beta_1, options.beta_2)
        return torch.optim.Adam(trained, lr=options.learning_rate, betas=betas, eps=options.epsilon)
    return torch.optim.SGD(trained, lr=options.learning_rate, momentum=options.momentum)


def train(lane: TrainingLane) -> None:
    """Train as the recorder says, then evaluate."""
    config = lane.config
    task, device = task_of(config["task"]), torch.device(config["device"])
    lane.status("building")
    torch.manual_seed(config["seed"])
    prepared = load(Path(config["data_dir"]), config["batch_size"])
    model = build(task, prepared.weights).to(device)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = optimizer_of(task, trained)
    criterion = nn.BCEWithLogitsLoss() if task.data.multi_label else nn.CrossEntropyLoss()
    batches = loader(Batches(prepared.train), config["batch_size"], config["workers"])
    compiled = config["mode"] == "compiled"
    forward: Any = torch.compile(model) if compiled else model
    timer = phases(lane, device, dynamo_compilations if compiled else lambda: 0)
    lane.describe(
        framework_version=torch.__version__,
        parameters=sum(parameter.numel() for parameter in trained),
        jit=compiled,
        clocks=dict.fromkeys(("data", "forward", "backward", "optimizer", "other", "step"), timer.clock),
        **facts(config["workers"]),
    )
    lane.measures_accuracy(lambda: _accuracy(model, prepared.test, device))
    lane.status("warming up")
    model.train()
    timer.start()
    for x, y in for_ever(batches):
        x, y = x.to(device, non_blocking=True), y.to(device, non_blocking=True)
        timer.data_done()
        loss = criterion(forward(x), y)
        timer.forward_done()
        loss.backward()
        timer.backward_done()
        optimizer.step()
        optimizer.zero_grad()
        timer.optimizer_done()
        if not timer.step_done(loss):
            break
    lane.status("evaluating")
    held_out = inputs_of(prepared.test)
    outputs = logits(model, held_out, device).numpy()
    keep(lane, outputs)
    save_all(lane, formats(model, held_out[:2].clone().to(device)), held_out.numpy(), outputs)


def inputs_of(samples: Samples) -> torch.Tensor:
    """All samples as the model takes them."""
    return Batches(samples)[list(range(len(samples.x)))][0]


def _accuracy(model: nn.Module, held_out: Samples, device: torch.device) -> float:
    """The accuracy so far; leaves the model in training mode."""
    found = logits(model, inputs_of(held_out), device).numpy()
    model.train()
    return accuracy(found, held_out.y)


def logits(model: nn.Module, inputs: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The model's predictions (samples, classes), on the host; leaves it in evaluation mode."""
    model.eval()
    with torch.no_grad():
        return torch.cat([model(part.to(device)).cpu() for part in inputs.split(128)])
