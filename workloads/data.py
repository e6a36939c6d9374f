"""Data and initial weights of a task: made once with NumPy, memory-mapped by every lane."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.augmentation import Augmentation, Crops
from dlprof.workloads.models.model import Weights
from dlprof.workloads.tasks import TASKS, Task

HELD_OUT = 1024
CROPS = "crops.npz"
SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class Samples:
    """Inputs (samples, *shape), targets (samples, ...), and what is left of each image, where not all is."""

    x: NDArray[Any]
    y: NDArray[Any]
    crops: Optional[Crops] = None

    def of(self, index: Any) -> Samples:
        """Some of them."""
        return Samples(self.x[index], self.y[index], None if self.crops is None else self.crops.of(index))


@dataclass(frozen=True)
class Prepared:
    """Samples for training and held out, and the initial weights by name, in Keras' order."""

    train: Samples
    test: Samples
    weights: Weights


def prepare(name: str, folder: Path, data_mb: float, seed: int) -> dict[str, Any]:
    """Write the synthetic data of `name`, `data_mb` MB for training, and initial weights into `folder`."""
    return prepare_task(TASKS[name], folder, data_mb, seed)


def prepare_task(task: Task, folder: Path, data_mb: float, seed: int) -> dict[str, Any]:
    """The same for any task."""
    random = np.random.default_rng([seed, len(task.name)])
    count = max(int(data_mb * 1e6) // task.data.sample_bytes, 2 * task.batch_size)
    x, y = task.data.draw(count + task.held_out, random)
    held_out = task.held_out
    train, test = Samples(x[held_out:], y[held_out:]), Samples(x[:held_out], y[:held_out])
    return {"data": SYNTHETIC, **write(folder, for_task(task, train, test, random))}


def for_task(task: Task, train: Samples, test: Samples, random: np.random.Generator) -> Prepared:
    """`train` and `test` with what else the task draws: where to crop its images, and initial weights."""
    if task.augmentation is not None:
        train = replace(train, crops=task.augmentation.draw(len(train.x), random))
        test = replace(test, crops=task.augmentation.centred(len(test.x)))
    return Prepared(train, test, task.model.weights(random))


def write(folder: Path, prepared: Prepared) -> dict[str, Any]:
    """Write `prepared` into `folder`, for `load`; how much it is."""
    for part, samples in (("train", prepared.train), ("test", prepared.test)):
        np.save(folder / f"{part}_x.npy", samples.x, allow_pickle=False)
        np.save(folder / f"{part}_y.npy", samples.y, allow_pickle=False)
    np.savez(folder / "weights.npz", **prepared.weights)  # type: ignore[arg-type]
    train, test = prepared.train, prepared.test
    if train.crops is not None and test.crops is not None:
        sizes = astuple(train.crops.augmentation)
        np.savez(folder / CROPS, sizes=np.array(sizes), train=train.crops.drawn, test=test.crops.drawn)
    return {"samples": len(train.x), "held_out": len(test.x), "bytes": int(train.x.nbytes + train.y.nbytes)}


def load(folder: Path, batch_size: int) -> Prepared:
    """What `prepare` wrote, memory-mapped.

    Raises:
        ValueError: there is not one whole batch in it.
    """
    train, test = _samples(folder, "train"), _samples(folder, "test")
    if len(train.x) < batch_size:
        raise ValueError(
            f"a batch of {batch_size} from {len(train.x)} samples: use a smaller --batch-size, or more data"
        )
    with np.load(folder / "weights.npz", allow_pickle=False) as weights:
        return Prepared(train, test, dict(weights))


def _samples(folder: Path, part: str) -> Samples:
    x, y = (np.load(folder / f"{part}_{key}.npy", mmap_mode="r", allow_pickle=False) for key in "xy")
    return Samples(x, y, _crops(folder / CROPS, part))


def _crops(path: Path, part: str) -> Optional[Crops]:
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as crops:
        return Crops(Augmentation(*crops["sizes"].tolist()), crops[part])
