"""CIFAR-10 as its authors publish it: pickled batches of images, channels first. https://www.cs.toronto.edu/~kriz/cifar"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.data_sets.found import Found, Part, Unusable
from dlprof.workloads.data_sets.pickled import DAMAGE, ArraysAlone

_SIDE, _CHANNELS = 32, 3
_EXPECTED = "a batch of CIFAR-10: data, rows of 3,072 unsigned bytes, and labels"


def read(train: Sequence[Path], test: Path) -> Found:
    """The images of batches for training and of one for testing.

    Raises:
        Unusable: a file is no such batch.
    """
    batches = [_batch(path) for path in train]
    x, y = (np.concatenate([batch[part] for batch in batches]) for part in (0, 1))
    return Found(Part(x, y, str(train[0].parent)), Part(*_batch(test), str(test)), (*train, test))


def _batch(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images (samples, 32, 32, 3) and classes (samples,)."""
    try:
        with path.open("rb") as file:
            found = ArraysAlone(file, encoding="bytes").load()
        data, labels = _entry(found, "data"), np.asarray(_entry(found, "labels"))
    except DAMAGE as error:
        raise Unusable(f"{path}: cannot be read ({error or type(error).__name__}); expected {_EXPECTED}") from error
    size = _CHANNELS * _SIDE * _SIDE
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != size:
        raise Unusable(f"{path}: its data are something else; expected {_EXPECTED}")
    if labels.shape != (len(data),) or labels.dtype.kind not in "iu" or not len(data):
        raise Unusable(
            f"{path}: its labels are not one whole number for each of {len(data):,} images; expected {_EXPECTED}"
        )
    return data.reshape(-1, _CHANNELS, _SIDE, _SIDE).transpose(0, 2, 3, 1), labels.astype(np.int64)


def _entry(batch: Any, name: str) -> Any:
    """The published files were written by Python 2, in which names are bytes."""
    if not isinstance(batch, dict):
        raise ValueError("a pickle of something else than a batch")
    return batch[name.encode()] if name.encode() in batch else batch[name]
