"""Images resized, cropped and flipped on their way to the model, the same in every framework."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Augmentation:
    """Square images, resized to `resized` pixels; of these, `cropped` x `cropped` are left, flipped or not."""

    resized: int
    cropped: int

    def draw(self, count: int, random: np.random.Generator) -> Crops:
        """Crops for training, one of each image, for every epoch."""
        corners = random.integers(0, self.resized - self.cropped + 1, (count, 2))
        flipped = random.integers(0, 2, (count, 1))
        return Crops(self, np.concatenate([corners, flipped], axis=1).astype(np.uint8))

    def centred(self, count: int) -> Crops:
        """The middle of each image, for evaluation."""
        corner = (self.resized - self.cropped) // 2
        return Crops(self, np.tile(np.array([corner, corner, 0], np.uint8), (count, 1)))


@dataclass(frozen=True)
class Crops:
    """Which pixels are left of each image: `drawn` (samples, 3) holds top, left, and whether flipped."""

    augmentation: Augmentation
    drawn: NDArray[np.uint8]

    def of(self, index: Any) -> Crops:
        """Those of some of the images."""
        return Crops(self.augmentation, self.drawn[index])

    def rows(self) -> NDArray[np.int64]:
        """(samples, cropped): the rows of the resized image that are left."""
        return self.drawn[:, :1].astype(np.int64) + np.arange(self.augmentation.cropped)

    def columns(self) -> NDArray[np.int64]:
        """(samples, cropped): the columns that are left, from right to left where flipped."""
        across = np.arange(self.augmentation.cropped)
        return self.drawn[:, 1:2].astype(np.int64) + np.where(self.drawn[:, 2:] > 0, across[::-1], across)


def augmented(images: NDArray[Any], crops: Crops) -> NDArray[Any]:
    """Images (samples, height, width, channels) as `crops` has them, where no framework does it."""
    resized = _bilinear(images, crops.augmentation.resized)
    samples = np.arange(len(images))[:, None, None]
    return resized[samples, crops.rows()[:, :, None], crops.columns()[:, None, :]]


def _bilinear(images: NDArray[Any], size: int) -> NDArray[Any]:
    count, height, width, channels = images.shape
    tall = _interpolation(height, size) @ images.reshape(count, height, width * channels)
    return _interpolation(width, size) @ tall.reshape(count, size, width, channels)


def _interpolation(inputs: int, outputs: int) -> NDArray[np.float32]:
    """(outputs, inputs): each output's share of the two inputs around its centre; at the edges, of the nearest."""
    centres = np.clip((np.arange(outputs) + 0.5) * inputs / outputs - 0.5, 0, inputs - 1)
    below = np.minimum(centres.astype(int), inputs - 2)
    share = centres - below
    matrix = np.zeros((outputs, inputs))
    matrix[np.arange(outputs), below] = 1 - share
    matrix[np.arange(outputs), below + 1] = share
    return matrix.astype(np.float32)
