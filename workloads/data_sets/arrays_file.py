"""NumPy's `.npz`: arrays `x_train`, `y_train`, and `x_test`, `y_test` where it has a test part; or `x` and `y`."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.data_sets.array_headers import EXPECTED, inputs_of
from dlprof.workloads.data_sets.found import Found, Part, Unusable


def read(path: Path) -> Found:
    """What is in the file.

    Raises:
        Unusable: it is no such file, an array is missing, or inputs and targets do not belong together.
    """
    name = inputs_of(path).name
    arrays = _arrays(path)
    train = _part(path, arrays, name, name.replace("x", "y"))
    assert train is not None, "whose header was read"
    return Found(train, _part(path, arrays, "x_test", "y_test"), (path,))


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {name: file[name] for name in file.files if name.partition("_")[0] in ("x", "y")}
    except (OSError, ValueError, EOFError, MemoryError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        reason = str(error) or type(error).__name__
        raise Unusable(f"{path}: cannot be read as .npz ({reason}); expected {EXPECTED}") from error


def _part(path: Path, arrays: dict[str, NDArray[Any]], inputs: str, targets: str) -> Optional[Part]:
    """The part of these two arrays; None where there is neither."""
    if inputs not in arrays and targets not in arrays:
        return None
    for name in (inputs, targets):
        if name not in arrays:
            raise Unusable(f"{path}: has no {name}; expected {EXPECTED}")
        if not arrays[name].ndim or not len(arrays[name]):
            raise Unusable(f"{path}: {name} is empty; expected samples")
    x, y = arrays[inputs], arrays[targets]
    if len(x) != len(y):
        raise Unusable(f"{path}: {inputs} has {len(x):,} samples and {targets} {len(y):,}; expected equally many")
    return Part(x, y, f"{path}: {inputs}")
