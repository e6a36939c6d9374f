"""What a model is: one architecture, written as each framework's own guide writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

Weights = dict[str, NDArray[np.float32]]


class Model(Protocol):
    """An architecture with its sizes. A framework is imported only where its model is built."""

    def weights(self, random: np.random.Generator) -> Weights:
        """Initial weights by name, in the order and the layouts of Keras' `get_weights`."""
        ...

    def keras(self, inputs: Any) -> Any:
        """Keras' tensor of logits (batch, classes) of `inputs`: images (batch, height, width, channels), or words."""
        ...

    def torch(self) -> nn.Module:
        """torch's module: logits (batch, classes) of images (batch, channels, height, width), or of words."""
        ...

    def torch_state(self, weights: Weights) -> Weights:
        """The whole state dict of torch's module that holds `weights`."""
        ...
