"""Data and initial weights of a task: made once with NumPy, memory-mapped by every lane."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.tasks import PIXELS, TASKS, UNITS, Task

HELD_OUT = 1024
Arrays = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True)
class Prepared:
    """Inputs and targets, (samples, ...), for training and held out, and the initial weights by name."""

    train_x: NDArray[Any]
    train_y: NDArray[Any]
    test_x: NDArray[Any]
    test_y: NDArray[Any]
    weights: dict[str, NDArray[np.float32]]


def prepare(name: str, folder: Path, data_mb: float, seed: int) -> dict[str, Any]:
    """Write the synthetic data of `name`, `data_mb` MB for training, and initial weights into `folder`."""
    task = TASKS[name]
    random = np.random.default_rng([seed, len(name)])
    sample_bytes = 4 * (task.length + task.classes) if task.multi_label else PIXELS + 8
    count = max(int(data_mb * 1e6) // sample_bytes, 2 * task.batch_size)
    make = _texts if task.multi_label else _digits
    x, y = make(task, count + HELD_OUT, random)
    arrays = {"train_x": x[HELD_OUT:], "train_y": y[HELD_OUT:], "test_x": x[:HELD_OUT], "test_y": y[:HELD_OUT]}
    for key, value in arrays.items():
        np.save(folder / f"{key}.npy", value, allow_pickle=False)
    for key, value in initial_weights(task, random).items():
        np.save(folder / f"weight-{key}.npy", value, allow_pickle=False)
    return {"samples": count, "held_out": HELD_OUT, "bytes": int(x[HELD_OUT:].nbytes + y[HELD_OUT:].nbytes)}


def load(folder: Path, batch_size: int) -> Prepared:
    """What `prepare` wrote, memory-mapped.

    Raises:
        ValueError: there is not one whole batch in it.
    """

    def mapped(key: str) -> NDArray[Any]:
        return np.load(folder / f"{key}.npy", mmap_mode="r", allow_pickle=False)

    count = len(mapped("train_x"))
    if count < batch_size:
        raise ValueError(f"a batch of {batch_size} from {count} samples: use a smaller --batch-size or more --data-mb")
    weights = {
        path.stem[len("weight-") :]: np.load(path, allow_pickle=False) for path in sorted(folder.glob("weight-*.npy"))
    }
    return Prepared(mapped("train_x"), mapped("train_y"), mapped("test_x"), mapped("test_y"), weights)


def initial_weights(task: Task, random: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Initial weights in Keras' layouts: kernels (inputs, outputs), LSTM gates in the order i, f, g, o."""

    def glorot(rows: int, columns: int) -> NDArray[np.float32]:
        bound = np.sqrt(6 / (rows + columns))
        return random.uniform(-bound, bound, (rows, columns)).astype(np.float32)

    def zeros(size: int) -> NDArray[np.float32]:
        return np.zeros(size, np.float32)

    head = {"head_kernel": glorot(UNITS, task.classes), "head_bias": zeros(task.classes)}
    if not task.multi_label:
        return {"hidden_kernel": glorot(PIXELS, UNITS), "hidden_bias": zeros(UNITS), **head}
    bias = zeros(4 * UNITS)
    bias[UNITS : 2 * UNITS] = 1  # an LSTM that starts out forgetting learns slowly (Jozefowicz et al. 2015)
    return {
        "embedding": random.uniform(-0.05, 0.05, (task.vocabulary, UNITS)).astype(np.float32),
        "lstm_kernel": glorot(UNITS, 4 * UNITS),
        "lstm_recurrent": np.linalg.qr(random.normal(size=(4 * UNITS, UNITS)))[0].T.astype(np.float32),
        "lstm_bias": bias,
        **head,
    }


def _digits(task: Task, count: int, random: np.random.Generator) -> Arrays:
    """Smooth class prototypes under strong pixel noise: (count, 784) uint8 and (count,) int64."""
    coarse = random.uniform(0, 255, (task.classes, 7, 7))
    prototypes = np.kron(coarse, np.ones((4, 4))).reshape(task.classes, PIXELS)
    y = random.integers(0, task.classes, count)
    x = np.empty((count, PIXELS), np.uint8)
    for start in range(0, count, 8192):
        part = y[start : start + 8192]
        noisy = prototypes[part] * 0.5 + random.normal(64, 80, (len(part), PIXELS))
        x[start : start + 8192] = np.clip(noisy, 0, 255)
    return x, y.astype(np.int64)


def _texts(task: Task, count: int, random: np.random.Generator) -> Arrays:
    """Word ids, of which some belong to the labels: (count, length) int32 and (count, classes) float32."""
    y = random.random((count, task.classes)) < 0.4
    x = random.integers(20 * task.classes, task.vocabulary, (count, task.length))
    for label in range(task.classes):
        keyword = (random.random(x.shape) < 0.12) & y[:, label : label + 1]
        words = random.integers(20 * label, 20 * (label + 1), x.shape)
        x = np.where(keyword, words, x)
    return x.astype(np.int32), y.astype(np.float32)
