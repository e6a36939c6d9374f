"""LeNet (LeCun et al. 1998), as the frameworks' guides have it: with maxima and ReLU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlprof.workloads.models import initial, layouts
from dlprof.workloads.models.model import Weights

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class LeNet:
    """Convolutions 5x5, each with the maxima of 2x2 pixels, then dense layers."""

    channels: tuple[int, ...]
    """Of the image and of what each convolution gives."""
    widths: tuple[int, ...]
    """Of the flattened image and of what each dense layer gives."""

    def weights(self, random: np.random.Generator) -> Weights:
        """Layer by layer, numbered from 1."""
        drawn: Weights = {}
        for number, (inputs, outputs) in enumerate(zip(self.channels, self.channels[1:]), 1):
            drawn |= initial.layer(random, f"conv{number}", 5, 5, inputs, outputs)
        for number, (inputs, outputs) in enumerate(zip(self.widths, self.widths[1:]), 1):
            drawn |= initial.layer(random, f"dense{number}", inputs, outputs)
        return drawn

    def keras(self, inputs: Any) -> Any:
        """From images, channels last."""
        from keras import layers

        x = inputs
        for channels in self.channels[1:]:
            x = layers.Conv2D(channels, 5, activation="relu")(x)
            x = layers.MaxPooling2D()(x)
        x = layers.Flatten()(x)
        for width in self.widths[1:-1]:
            x = layers.Dense(width, activation="relu")(x)
        return layers.Dense(self.widths[-1])(x)

    def torch(self) -> nn.Module:
        """On images, channels first."""
        from torch import nn

        stack = nn.Sequential()
        for number, (inputs, outputs) in enumerate(zip(self.channels, self.channels[1:]), 1):
            stack.add_module(f"conv{number}", nn.Conv2d(inputs, outputs, 5))
            stack.extend([nn.ReLU(), nn.MaxPool2d(2)])
        stack.append(nn.Flatten())
        for number, (inputs, outputs) in enumerate(zip(self.widths, self.widths[1:]), 1):
            stack.add_module(f"dense{number}", nn.Linear(inputs, outputs))
            if number < len(self.widths) - 1:
                stack.append(nn.ReLU())
        return stack

    def torch_state(self, weights: Weights) -> Weights:
        """The first dense layer's rows follow the order in which torch flattens."""
        state: Weights = {}
        names = [name[: -len("_bias")] for name in weights if name.endswith("_bias")]
        for name in names:
            kernel, bias = weights[f"{name}_kernel"], weights[f"{name}_bias"]
            if name == "dense1":
                kernel = layouts.channels_first(kernel, self.channels[-1])
            state |= layouts.layer(name, kernel, bias)
        return state
