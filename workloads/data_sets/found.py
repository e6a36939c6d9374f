"""What was read of a real data set, before it is made to fit a task."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from numpy.typing import NDArray

_BLOCK = 1 << 20


class Unusable(Exception):
    """A data set that cannot be read, or does not fit; `str()` is one line: the file, what it holds, what it should."""


@dataclass(frozen=True)
class Part:
    """Inputs (samples, ...) and targets (samples, ...), equally many; `file` is what a complaint about them names."""

    x: NDArray[Any]
    y: NDArray[Any]
    file: str


@dataclass(frozen=True)
class Found:
    """One data set, read of `files`. Without a `test` part of its own, samples of `train` are held out."""

    train: Part
    test: Optional[Part]
    files: tuple[Path, ...]


def digest(files: Iterable[Path]) -> tuple[str, int]:
    """SHA-256 over the contents of `files` in this order, in hexadecimal, and their bytes together."""
    found, size = hashlib.sha256(), 0
    for path in files:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                found.update(block)
                size += len(block)
    return found.hexdigest(), size
