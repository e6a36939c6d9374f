"""A task in a plain torch loop, in the style of the PyTorch quickstart, until SIGTERM: TASK FOLDER.

Says `begun`, and in the end, as JSON, when its steps ended (`time.perf_counter_ns`). FOLDER is one that
`dlprof.workloads.data.prepare` made. One clock reading a step is all that is measured.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from plain_steps import Ends
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, SequentialSampler


class Arrays(Dataset):
    """Inputs and targets, indexed by a batch of indices."""

    def __init__(self, folder: Path) -> None:
        self.x = np.load(folder / "train_x.npy", mmap_mode="r")
        self.y = np.load(folder / "train_y.npy", mmap_mode="r")

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.from_numpy(self.x[index])
        return (x.float() / 255 if x.dtype == torch.uint8 else x), torch.from_numpy(self.y[index])


class TextLstm(nn.Module):
    """Embedding, LSTM, a logit per label."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(5000, 128)
        self.lstm = nn.LSTM(128, 128, batch_first=True)
        self.lstm.bias_hh_l0.requires_grad_(False)
        self.head = nn.Linear(128, 5)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        _, (state, _) = self.lstm(self.embedding(words))
        return self.head(state[0])


def build(task: str, folder: Path) -> tuple[nn.Module, Any, nn.Module, torch.optim.Optimizer]:
    """Model, batches, loss and optimizer of a task."""
    arrays, text = Arrays(folder), task == "text-lstm"
    sampler = BatchSampler(SequentialSampler(arrays), 32 if text else 128, drop_last=True)
    loader: Any = DataLoader(arrays, sampler=sampler, batch_size=None)
    digits = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
    model = TextLstm() if text else digits
    criterion = nn.BCEWithLogitsLoss() if text else nn.CrossEntropyLoss()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return model, loader, criterion, torch.optim.Adam(trained, lr=1e-3, eps=1e-14)


def train(task: str, folder: Path, step_done: Callable[[], bool]) -> None:
    """Train until `step_done`, called after each step, says no."""
    model, loader, criterion, optimizer = build(task, folder)
    device = torch.device("cpu")
    model.to(device).train()
    while True:
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            if not step_done():
                return


if __name__ == "__main__":
    ends = Ends()
    train(sys.argv[1], Path(sys.argv[2]), ends)
    print(json.dumps(ends.counted_ns))
