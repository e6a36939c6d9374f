"""The tasks' data as a torch DataLoader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, SequentialSampler


class Batches(Dataset[Any]):
    """The prepared arrays, indexed by a whole batch at a time."""

    def __init__(self, x: Any, y: Any) -> None:
        self._x, self._y = x, y

    def __len__(self) -> int:
        return len(self._x)

    def __getitem__(self, index: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.from_numpy(self._x[index])
        return (x.float() / 255 if x.dtype == torch.uint8 else x), torch.from_numpy(self._y[index])


def loader(x: Any, y: Any, batch_size: int, workers: int) -> DataLoader[Any]:
    """Whole batches in the prepared order."""
    batches = Batches(x, y)
    sampler = BatchSampler(SequentialSampler(batches), batch_size, drop_last=True)
    return DataLoader(batches, sampler=sampler, batch_size=None, num_workers=workers, persistent_workers=workers > 0)


def for_ever(batches: DataLoader[Any]) -> Iterator[Any]:
    """Epoch after epoch."""
    while True:
        yield from batches


def facts(workers: int) -> dict[str, Any]:
    """What a lane says of torch's threads, settings and its input."""
    return {
        "threads": {"intra": torch.get_num_threads(), "inter": torch.get_num_interop_threads()},
        "determinism": {
            "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
            "cudnn_benchmark": torch.backends.cudnn.benchmark,
        },
        "input": {"workers": workers, "prefetch": 2 * workers},
    }
