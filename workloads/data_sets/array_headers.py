"""What a `.npz` says of its arrays: their names, and the kind and shape of its inputs, without reading the numbers."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlprof.workloads.data_sets.found import Unusable
from dlprof.workloads.data_sets.pickled import DAMAGE
from dlprof.workloads.synthetic import Data, Images, Texts

EXPECTED = "arrays x_train and y_train, with x_test and y_test or without; or x and y"
_SUFFIX = ".npy"
_MOST_BYTES = 1 << 14
"""Of a header that is looked at; NumPy's own limit is below."""


@dataclass(frozen=True)
class Inputs:
    """The array of inputs that are trained on: its `name`, the kind of its numbers, and its shape."""

    name: str
    kind: np.dtype[Any]
    shape: tuple[int, ...]

    def fit(self, data: Data) -> bool:
        """Whether a task on such data takes them: images of bytes of its size, or lists of word numbers."""
        if isinstance(data, Texts):
            return self.kind.hasobject and len(self.shape) == 1
        if not isinstance(data, Images) or self.kind != np.uint8:
            return False
        return self.shape[1:] == data.size or (len(self.shape) == 3 and (*self.shape[1:], 1) == data.size)

    def __str__(self) -> str:
        shape = "x".join(map(str, self.shape[1:]))
        kind = "lists or other objects" if self.kind.hasobject else str(self.kind)
        return f"{self.name} holds {kind}" + (f" of shape {shape}" if shape else "")


def inputs_of(path: Path) -> Inputs:
    """The inputs of the file, as its header has them.

    Raises:
        Unusable: it is no such file, or has not the arrays that are expected.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            held = [name[: -len(_SUFFIX)] for name in archive.namelist() if name.endswith(_SUFFIX)]
            inputs = _wanted(path, held)
            with archive.open(inputs + _SUFFIX) as member:
                kind, shape = _header(member.read(_MOST_BYTES))
    except DAMAGE as error:
        reason = str(error) or type(error).__name__
        raise Unusable(f"{path}: cannot be read as .npz ({reason}); expected {EXPECTED}") from error
    return Inputs(inputs, kind, shape)


def _wanted(path: Path, held: list[str]) -> str:
    """The name of the inputs in a file that holds the arrays `held`."""
    inputs, targets = ("x_train", "y_train") if {"x_train", "y_train"} & {*held} else ("x", "y")
    if not {inputs, targets} & {*held}:
        raise Unusable(f"{path}: holds {', '.join(sorted(held)[:10]) or 'no array'}; expected {EXPECTED}")
    for name in (inputs, targets):
        if name not in held:
            raise Unusable(f"{path}: has no {name}; expected {EXPECTED}")
    return inputs


def _header(begin: bytes) -> tuple[np.dtype[Any], tuple[int, ...]]:
    file = io.BytesIO(begin)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read(file)
    return kind, shape
