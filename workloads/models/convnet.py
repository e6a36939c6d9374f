"""A small convolutional network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlprof.workloads.models import initial, layouts
from dlprof.workloads.models.model import Weights

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ConvNet:
    """A convolution 3x3, the maxima of 2x2 pixels, two dense layers."""

    channels: int
    """Of an image."""
    filters: int
    flat: int
    """Numbers of an image after the maxima."""
    units: int
    classes: int

    def weights(self, random: np.random.Generator) -> Weights:
        """Layer by layer."""
        return {
            **initial.layer(random, "conv", 3, 3, self.channels, self.filters),
            **initial.layer(random, "hidden", self.flat, self.units),
            **initial.layer(random, "head", self.units, self.classes),
        }

    def keras(self, inputs: Any) -> Any:
        """From images, channels last."""
        from keras import layers

        x = layers.Conv2D(self.filters, 3, activation="relu")(inputs)
        x = layers.MaxPooling2D()(x)
        x = layers.Flatten()(x)
        x = layers.Dense(self.units, activation="relu")(x)
        return layers.Dense(self.classes)(x)

    def torch(self) -> nn.Module:
        """On images, channels first."""
        from torch import nn

        return nn.Sequential(
            nn.Conv2d(self.channels, self.filters, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(self.flat, self.units),
            nn.ReLU(),
            nn.Linear(self.units, self.classes),
        )

    def torch_state(self, weights: Weights) -> Weights:
        """The first dense layer's rows follow the order in which torch flattens."""
        hidden = layouts.channels_first(weights["hidden_kernel"], self.filters)
        return {
            **layouts.layer("0", weights["conv_kernel"], weights["conv_bias"]),
            **layouts.layer("4", hidden, weights["hidden_bias"]),
            **layouts.layer("6", weights["head_kernel"], weights["head_bias"]),
        }
