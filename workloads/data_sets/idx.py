"""The IDX format, gzipped, in which Fashion-MNIST is published: a header of big-endian sizes, then bytes.

Source of the format: http://yann.lecun.com/exdb/mnist
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.data_sets.found import Found, Part, Unusable

_UNSIGNED_BYTES = 8


def read(train: tuple[Path, Path], test: tuple[Path, Path]) -> Found:
    """The data set of two files each, images and labels.

    Raises:
        Unusable: a file is not of the format, or images and labels do not belong together.
    """
    return Found(_part(*train), _part(*test), (*train, *test))


def _part(images: Path, labels: Path) -> Part:
    x, y = _array(images, 3), _array(labels, 1)
    if len(x) != len(y):
        raise Unusable(f"{images}: has {len(x):,} images and {labels.name} {len(y):,} labels; expected equally many")
    return Part(x, y, str(images))


def _array(path: Path, dimensions: int) -> NDArray[Any]:
    expected = f"expected gzipped IDX of unsigned bytes in {dimensions} dimension{'s' if dimensions > 1 else ''}"
    try:
        with gzip.open(path, "rb") as file:
            data = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise Unusable(f"{path}: cannot be read ({error}); {expected}") from error
    start = 4 * (1 + dimensions)
    if data[:4] != bytes((0, 0, _UNSIGNED_BYTES, dimensions)) or len(data) < start:
        raise Unusable(f"{path}: does not begin as such a file does; {expected}")
    shape = tuple(np.frombuffer(data[4:start], ">u4").tolist())
    if math.prod(shape) != len(data) - start or not shape[0]:
        raise Unusable(f"{path}: holds {len(data) - start:,} bytes for the shape {shape}; {expected}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
