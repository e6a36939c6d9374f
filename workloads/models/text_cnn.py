"""A convolution over the words of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlprof.workloads.models import initial, layouts
from dlprof.workloads.models.model import Weights
from dlprof.workloads.models.words import keras_embedding

if TYPE_CHECKING:
    import torch
    from torch import nn


@dataclass(frozen=True)
class TextCnn:
    """Embedding, a convolution of `width` words with ReLU, each filter's maximum over the text, a logit per label."""

    vocabulary: int
    units: int
    """Of a word, and as many filters."""
    width: int
    labels: int

    def weights(self, random: np.random.Generator) -> Weights:
        """The head is drawn first."""
        head = initial.layer(random, "head", self.units, self.labels)
        return {
            "embedding": initial.table(random, self.vocabulary, self.units),
            **initial.layer(random, "conv", self.width, self.units, self.units),
            **head,
        }

    def keras(self, inputs: Any) -> Any:
        """From word ids (batch, length)."""
        from keras import layers

        x = keras_embedding(self.vocabulary, self.units)(inputs)
        x = layers.Conv1D(self.units, self.width, activation="relu")(x)
        x = layers.GlobalMaxPooling1D()(x)
        return layers.Dense(self.labels)(x)

    def torch(self) -> nn.Module:
        """On word ids (batch, length)."""
        from torch import nn

        sizes = self

        class TextCnnModule(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.embedding = nn.Embedding(sizes.vocabulary, sizes.units)
                self.conv = nn.Conv1d(sizes.units, sizes.units, sizes.width)
                self.head = nn.Linear(sizes.units, sizes.labels)

            def forward(self, words: torch.Tensor) -> torch.Tensor:
                x = self.embedding(words).transpose(1, 2)
                return self.head(self.conv(x).relu().amax(dim=2))

        return TextCnnModule()

    def torch_state(self, weights: Weights) -> Weights:
        """The convolution's kernel has the words last."""
        return {
            "embedding.weight": weights["embedding"],
            **layouts.layer("conv", weights["conv_kernel"], weights["conv_bias"]),
            **layouts.layer("head", weights["head_kernel"], weights["head_bias"]),
        }
