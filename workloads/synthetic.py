"""Synthetic data: what a task's samples are, and how they are drawn, learnable, from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

Arrays = tuple[NDArray[Any], NDArray[Any]]
_NUMBERS_AT_ONCE = 1 << 22
"""Of images that are drawn: as doubles they take eight times what is kept of them."""


class Data(Protocol):
    """What a task's samples are, and how they are drawn."""

    multi_label: ClassVar[bool]
    """Whether any of several labels may hold of a sample, or it is of one class."""
    input_dtype: ClassVar[str]
    """Of a sample as the model takes it; bytes that are drawn become floats from 0 to 1."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample; images have their channels last."""
        ...

    @property
    def sample_bytes(self) -> int:
        """Of inputs and targets."""
        ...

    def draw(self, count: int, random: np.random.Generator) -> Arrays:
        """Inputs (count, *shape); targets (count,) int64 of classes, or (count, labels) float32."""
        ...


@dataclass(frozen=True)
class Images:
    """Images of bytes, each of one class: smooth prototypes of 4x4 pixels' blocks under strong noise."""

    height: int
    width: int
    channels: int
    classes: int
    multi_label: ClassVar[bool] = False
    input_dtype: ClassVar[str] = "float32"

    @property
    def size(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return self.height, self.width, self.channels

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""
        return self.size

    @property
    def sample_bytes(self) -> int:
        """Of inputs and target."""
        return self.height * self.width * self.channels + 8

    def draw(self, count: int, random: np.random.Generator) -> Arrays:
        """(count, *shape) uint8 and (count,) int64."""
        prototypes = random.uniform(0, 255, (self.classes, self.height // 4, self.width // 4, self.channels))
        y = random.integers(0, self.classes, count)
        x = np.empty((count, *self.size), np.uint8)
        at_once = max(1, _NUMBERS_AT_ONCE // x[0].size)
        for start in range(0, count, at_once):
            of_class = prototypes[y[start : start + at_once]].repeat(4, axis=1).repeat(4, axis=2)
            x[start : start + at_once] = np.clip(of_class * 0.5 + random.normal(64, 80, of_class.shape), 0, 255)
        return x.reshape(count, *self.shape), y.astype(np.int64)


@dataclass(frozen=True)
class FlatImages(Images):
    """The same as rows of pixels."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""
        return (self.height * self.width * self.channels,)


@dataclass(frozen=True)
class Texts:
    """Texts of word ids, for each of which any of the labels may hold: its words then occur more often."""

    vocabulary: int
    length: int
    labels: int
    multi_label: ClassVar[bool] = True
    input_dtype: ClassVar[str] = "int32"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""
        return (self.length,)

    @property
    def sample_bytes(self) -> int:
        """Of inputs and targets."""
        return 4 * (self.length + self.labels)

    def draw(self, count: int, random: np.random.Generator) -> Arrays:
        """(count, length) int32 and (count, labels) float32."""
        y = random.random((count, self.labels)) < 0.4
        x = random.integers(20 * self.labels, self.vocabulary, (count, self.length))
        for label in range(self.labels):
            keyword = (random.random(x.shape) < 0.12) & y[:, label : label + 1]
            words = random.integers(20 * label, 20 * (label + 1), x.shape)
            x = np.where(keyword, words, x)
        return x.astype(np.int32), y.astype(np.float32)
