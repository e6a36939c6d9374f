"""IMDB and Reuters, as Keras publishes them: texts that are word numbers already, the most frequent word 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from numpy.typing import NDArray

from dlprof.workloads.data_sets import ragged
from dlprof.workloads.data_sets.found import Found, Part, Unusable

_EXPECTED = "arrays of lists of word numbers, and of labels: x_train, y_train, x_test, y_test, or x and y"


def read(path: Path) -> Found:
    """Texts as arrays of lists, targets as one whole number each.

    Raises:
        Unusable: the file holds something else.
    """
    arrays = ragged.arrays(path, _EXPECTED)
    train = _part(path, arrays, "x_train", "y_train") or _part(path, arrays, "x", "y")
    if train is None:
        raise Unusable(f"{path}: holds {', '.join(sorted(arrays)[:10]) or 'nothing'}; expected {_EXPECTED}")
    return Found(train, _part(path, arrays, "x_test", "y_test"), (path,))


def _part(path: Path, arrays: dict[str, NDArray[Any]], inputs: str, targets: str) -> Optional[Part]:
    if inputs not in arrays or targets not in arrays:
        return None
    x, y = arrays[inputs], arrays[targets]
    if x.ndim != 1 or not len(x) or x.shape != y.shape or not all(isinstance(text, list) for text in x):
        raise Unusable(
            f"{path}: {inputs} and {targets} do not hold a list and a label for each text; expected {_EXPECTED}"
        )
    if y.dtype.kind not in "iu":
        raise Unusable(f"{path}: {targets} is {y.dtype}; expected whole numbers")
    if not all(isinstance(number, int) for text in x for number in text):
        raise Unusable(f"{path}: {inputs} holds other things than whole numbers; expected {_EXPECTED}")
    return Part(x, y, f"{path}: {inputs}")
