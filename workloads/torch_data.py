"""The tasks' data as a torch DataLoader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.nn import functional
from torch.utils.data import BatchSampler, DataLoader, Dataset, SequentialSampler

from dlprof.workloads.augmentation import Crops
from dlprof.workloads.data import Samples


class Batches(Dataset[Any]):
    """Samples, indexed by a whole batch at a time; images as torch has them, channels first."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def __len__(self) -> int:
        return len(self._samples.x)

    def __getitem__(self, index: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.from_numpy(self._samples.x[index])
        if x.dtype == torch.uint8:
            x = x.float() / 255
        if x.ndim == 4:
            x = x.permute(0, 3, 1, 2).contiguous()
        if self._samples.crops is not None:
            x = _augmented(x, self._samples.crops.of(index))
        return x, torch.from_numpy(self._samples.y[index])


def _augmented(images: torch.Tensor, crops: Crops) -> torch.Tensor:
    """Images (samples, channels, height, width) as `crops` has them."""
    resized = functional.interpolate(images, size=(crops.augmentation.resized,) * 2, mode="bilinear")
    samples, channels = (torch.arange(size) for size in images.shape[:2])
    rows, columns = torch.from_numpy(crops.rows()), torch.from_numpy(crops.columns())
    return resized[
        samples[:, None, None, None], channels[:, None, None], rows[:, None, :, None], columns[:, None, None, :]
    ]


class ChannelsLast(Batches):
    """The same with images as Keras has them by default, on torch too."""

    def __getitem__(self, index: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        x, y = super().__getitem__(index)
        return (x.permute(0, 2, 3, 1).contiguous() if x.ndim == 4 else x), y


def loader(batches: Batches, batch_size: int, workers: int) -> DataLoader[Any]:
    """Whole batches in the prepared order."""
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
