"""Files of real data sets' formats, small, of learnable samples."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.tasks import TASKS

Arrays = tuple[NDArray[Any], NDArray[Any]]


def digits(count: int, seed: int = 0) -> Arrays:
    """Images (count, 28, 28) of bytes, and classes (count,) of bytes, as MNIST has them."""
    x, y = TASKS["mnist-lenet"].data.draw(count, np.random.default_rng(seed))
    return x.reshape(count, 28, 28), y.astype(np.uint8)


def mnist(cache: Path, train: int = 2000, test: int = 300) -> Path:
    """Keras' `mnist.npz` in the folder of a cache."""
    x, y = digits(train + test)
    path = cache / "datasets" / "mnist.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x_train=x[:train], y_train=y[:train], x_test=x[train:], y_test=y[train:])
    return path


def idx(path: Path, array: NDArray[Any]) -> None:
    """One gzipped IDX file."""
    header = bytes((0, 0, 8, array.ndim)) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(header + array.tobytes(), 1))


def fashion_mnist(cache: Path, train: int = 2000, test: int = 300) -> Path:
    """Keras' four files of Fashion-MNIST in the folder of a cache; the folder that they are in."""
    x, y = digits(train + test)
    folder = cache / "datasets" / "fashion-mnist"
    for name, part in (("train", slice(train)), ("t10k", slice(train, None))):
        idx(folder / f"{name}-images-idx3-ubyte.gz", x[part])
        idx(folder / f"{name}-labels-idx1-ubyte.gz", y[part])
    return folder
