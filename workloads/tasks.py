"""The tasks: model, data and hyper-parameters, equal in every framework."""

from __future__ import annotations

from dataclasses import dataclass

ADAM = {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-14}
"""Frameworks place epsilon differently, and an LSTM has gradients below 1e-10: only at 1e-14 it makes no difference."""


@dataclass(frozen=True)
class Task:
    """One task. `parameters` counts trainable ones."""

    name: str
    title: str
    batch_size: int
    classes: int
    multi_label: bool
    dropout: float = 0.0
    vocabulary: int = 0
    length: int = 0


TASKS = {
    task.name: task
    for task in (
        Task("mnist-mlp", "digits, 784-128-10 perceptron", 128, 10, multi_label=False, dropout=0.2),
        Task("text-lstm", "multi-label text, embedding and LSTM", 32, 5, multi_label=True, vocabulary=5000, length=64),
    )
}
UNITS = 128
PIXELS = 784
