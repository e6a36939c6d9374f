"""Makes images fit a task, or says why they cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.data import Samples
from dlprof.workloads.data_sets.found import Part, Unusable
from dlprof.workloads.synthetic import Images
from dlprof.workloads.tasks import Task


def images(part: Part, task: Task) -> Samples:
    """`part` as images of the task's shape and their classes.

    Raises:
        Unusable: they are no bytes, of another shape, or of more classes.
    """
    wanted = task.data
    assert isinstance(wanted, Images)
    x = part.x[..., np.newaxis] if part.x.ndim == 3 else part.x
    size = (wanted.height, wanted.width, wanted.channels)
    expected = f"{task.name} takes {'x'.join(map(str, size))}, unsigned bytes"
    if x.dtype != np.uint8 or x.ndim != 4:
        raise Unusable(f"{part.file} holds {_described(part.x)}; {expected}")
    if x.shape[1:] != size:
        raise Unusable(f"{part.file} holds images of {'x'.join(map(str, x.shape[1:]))}; {expected}")
    return Samples(x.reshape(len(x), *wanted.shape), _classes(part, task.name, wanted.classes))


def _classes(part: Part, task: str, classes: int) -> NDArray[np.int64]:
    """The targets as (samples,), from 0 on."""
    y = part.y.reshape(-1) if part.y.ndim == 2 and part.y.shape[1] == 1 else part.y
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise Unusable(f"{part.file} has targets of {_described(part.y)}; expected one whole number a sample")
    low, high = int(y.min()), int(y.max())
    if low < 0 or high >= classes:
        raise Unusable(f"{part.file}: its targets go from {low} to {high}; {task} takes classes 0 to {classes - 1}")
    return y.astype(np.int64)


def _described(array: NDArray[Any]) -> str:
    if array.dtype == object:
        return "texts"
    shape = "x".join(map(str, array.shape[1:]))
    return f"{array.dtype} of shape {shape}" if shape else str(array.dtype)
