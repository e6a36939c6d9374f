"""`mnist-mlp` in a plain torch loop, without dlprof's timing: FOLDER STEPS; prints the median step in ms.

The folder is one that `dlprof.workloads.data.prepare` made. One clock reading a step is all that is measured.
"""

import sys
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, SequentialSampler


class Digits(Dataset):
    """Images and classes, indexed by a batch of indices."""

    def __init__(self, folder: Path) -> None:
        self.x = np.load(folder / "train_x.npy", mmap_mode="r")
        self.y = np.load(folder / "train_y.npy", mmap_mode="r")

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.from_numpy(self.x[index]).float() / 255, torch.from_numpy(self.y[index])


def main(folder: Path, steps: int) -> None:
    digits = Digits(folder)
    sampler = BatchSampler(SequentialSampler(digits), 128, drop_last=True)
    loader = DataLoader(digits, sampler=sampler, batch_size=None)
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-14)
    ends = []
    while len(ends) < steps:
        for x, y in loader:
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            loss.item()
            ends.append(time.perf_counter())
    spans = [b - a for a, b in pairwise(ends[50:])]
    print(1000 * median(spans))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
