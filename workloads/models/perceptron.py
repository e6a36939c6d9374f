"""A multi-layer perceptron on flat images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlprof.workloads.models import initial, layouts
from dlprof.workloads.models.model import Weights

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Perceptron:
    """One hidden layer with ReLU and dropout."""

    inputs: int
    units: int
    classes: int
    dropout: float = 0.0

    def weights(self, random: np.random.Generator) -> Weights:
        """Two dense layers; the head is drawn first."""
        head = initial.layer(random, "head", self.units, self.classes)
        return {**initial.layer(random, "hidden", self.inputs, self.units), **head}

    def keras(self, inputs: Any) -> Any:
        """From `inputs` (batch, pixels)."""
        from keras import layers

        x = layers.Dense(self.units, activation="relu")(inputs)
        x = layers.Dropout(self.dropout)(x)
        return layers.Dense(self.classes)(x)

    def torch(self) -> nn.Module:
        """On (batch, pixels)."""
        from torch import nn

        return nn.Sequential(
            nn.Linear(self.inputs, self.units),
            nn.ReLU(),
            nn.Dropout(self.dropout),
            nn.Linear(self.units, self.classes),
        )

    def torch_state(self, weights: Weights) -> Weights:
        """Dense layers alone."""
        hidden = layouts.layer("0", weights["hidden_kernel"], weights["hidden_bias"])
        return hidden | layouts.layer("3", weights["head_kernel"], weights["head_bias"])
