"""The torch lane: nn.Module, DataLoader and a loop in the style of the PyTorch quickstart, eager or torch.compile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from dlprof.profilers.agent.protocol import TrainingLane
from dlprof.profilers.agent.torch import dynamo_compilations, phases
from dlprof.workloads.data import Prepared, load
from dlprof.workloads.evaluation import metrics
from dlprof.workloads.tasks import ADAM, PIXELS, TASKS, UNITS, Task
from dlprof.workloads.torch_data import facts, for_ever, loader


class TextLstm(nn.Module):
    """Embedding, LSTM, one logit per label from the last state."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.embedding = nn.Embedding(task.vocabulary, UNITS)
        self.lstm = nn.LSTM(UNITS, UNITS, batch_first=True)
        self.head = nn.Linear(UNITS, task.classes)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        """Logits (batch, labels) of word ids (batch, length)."""
        _, (state, _) = self.lstm(self.embedding(words))
        return self.head(state[0])


def build(task: Task, dropout: float, weights: dict[str, Any]) -> nn.Module:
    """The task's model with its initial weights."""
    if not task.multi_label:
        hidden, head = nn.Linear(PIXELS, UNITS), nn.Linear(UNITS, task.classes)
        _set(hidden.weight, weights["hidden_kernel"].T)
        _set(hidden.bias, weights["hidden_bias"])
        model: nn.Module = nn.Sequential(hidden, nn.ReLU(), nn.Dropout(dropout), head)
    else:
        text = TextLstm(task)
        lstm: Any = text.lstm
        head = text.head
        _set(text.embedding.weight, weights["embedding"])
        _set(lstm.weight_ih_l0, weights["lstm_kernel"].T)
        _set(lstm.weight_hh_l0, weights["lstm_recurrent"].T)
        _set(lstm.bias_ih_l0, weights["lstm_bias"])
        # torch has a second bias that the other frameworks have not: it stays zero.
        nn.init.zeros_(lstm.bias_hh_l0)
        lstm.bias_hh_l0.requires_grad_(False)
        model = text
    _set(head.weight, weights["head_kernel"].T)
    _set(head.bias, weights["head_bias"])
    return model


def train(lane: TrainingLane) -> None:
    """Train as the recorder says, then evaluate."""
    config = lane.config
    task, device = TASKS[config["task"]["name"]], torch.device(config["device"])
    lane.status("building")
    torch.manual_seed(config["seed"])
    prepared = load(Path(config["data_dir"]), config["batch_size"])
    model = build(task, config.get("dropout", task.dropout), prepared.weights).to(device)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(
        trained, lr=ADAM["learning_rate"], betas=(ADAM["beta_1"], ADAM["beta_2"]), eps=ADAM["epsilon"]
    )
    criterion = nn.BCEWithLogitsLoss() if task.multi_label else nn.CrossEntropyLoss()
    batches = loader(prepared.train_x, prepared.train_y, config["batch_size"], config["workers"])
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
    lane.metrics(**evaluate(model, prepared, task, device))


def evaluate(model: nn.Module, prepared: Prepared, task: Task, device: torch.device) -> dict[str, float]:
    """Metrics on the held-out data."""
    model.eval()
    with torch.no_grad():
        parts = [model(x.to(device)).cpu() for x, _ in loader(prepared.test_x, prepared.test_y, 128, 0)]
    logits = torch.cat(parts).numpy()
    return metrics(logits, prepared.test_y[: len(logits)], task.multi_label)


def _set(parameter: torch.Tensor, value: Any) -> None:
    with torch.no_grad():
        parameter.copy_(torch.tensor(value))
