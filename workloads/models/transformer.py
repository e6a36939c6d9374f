"""A Transformer encoder of one block (Vaswani et al. 2017) on text."""

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

EPSILON = 1e-5
"""Of layer normalisation: torch's own; Keras' is 1e-3."""


@dataclass(frozen=True)
class Transformer:
    """Embedding and trained positions; attention and two dense layers, each added to its input and then normalised.

    The mean over the words gives a logit per label.
    """

    vocabulary: int
    length: int
    units: int
    """Of a word; the heads share them."""
    heads: int
    hidden: int
    """Units between the two dense layers of the block."""
    labels: int

    def weights(self, random: np.random.Generator) -> Weights:
        """Kernels of attention are (units, heads, units of a head), that of its output the other way round."""
        units, split = self.units, (self.heads, self.units // self.heads)
        head = initial.layer(random, "head", units, self.labels)
        drawn = {
            "embedding": initial.table(random, self.vocabulary, units),
            "positions": initial.table(random, self.length, units),
        }
        for name in ("query", "key", "value"):
            drawn[f"{name}_kernel"] = initial.glorot(random, units, units).reshape(units, *split)
            drawn[f"{name}_bias"] = initial.zeros(*split)
        drawn["output_kernel"] = initial.glorot(random, units, units).reshape(*split, units)
        drawn["output_bias"] = initial.zeros(units)
        return {
            **drawn,
            **_normalisation("norm1", units),
            **initial.layer(random, "dense1", units, self.hidden),
            **initial.layer(random, "dense2", self.hidden, units),
            **_normalisation("norm2", units),
            **head,
        }

    def keras(self, inputs: Any) -> Any:
        """From word ids (batch, length)."""
        from keras import layers

        class Positions(layers.Layer):
            def build(self, input_shape: Any) -> None:
                self.table = self.add_weight(shape=input_shape[1:])

            def call(self, words: Any) -> Any:
                return words + self.table

        x = Positions()(keras_embedding(self.vocabulary, self.units)(inputs))
        attended = layers.MultiHeadAttention(self.heads, self.units // self.heads)(x, x)
        x = layers.LayerNormalization(epsilon=EPSILON)(x + attended)
        dense = layers.Dense(self.hidden, activation="relu")(x)
        dense = layers.Dense(self.units)(dense)
        x = layers.LayerNormalization(epsilon=EPSILON)(x + dense)
        x = layers.GlobalAveragePooling1D()(x)
        return layers.Dense(self.labels)(x)

    def torch(self) -> nn.Module:
        """On word ids (batch, length)."""
        import torch
        from torch import nn

        sizes = self

        class TextTransformer(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.embedding = nn.Embedding(sizes.vocabulary, sizes.units)
                self.positions = nn.Parameter(torch.empty(sizes.length, sizes.units))
                self.block = nn.TransformerEncoderLayer(
                    sizes.units, sizes.heads, sizes.hidden, dropout=0.0, layer_norm_eps=EPSILON, batch_first=True
                )
                self.head = nn.Linear(sizes.units, sizes.labels)

            def forward(self, words: torch.Tensor) -> torch.Tensor:
                x = self.block(self.embedding(words) + self.positions)
                return self.head(x.mean(dim=1))

        return TextTransformer()

    def torch_state(self, weights: Weights) -> Weights:
        """torch stacks the kernels of query, key and value."""
        parts, units = ("query", "key", "value"), self.units
        kernels = [weights[f"{part}_kernel"].reshape(units, units).T for part in parts]
        state = {
            "embedding.weight": weights["embedding"],
            "positions": weights["positions"],
            "block.self_attn.in_proj_weight": np.concatenate(kernels),
            "block.self_attn.in_proj_bias": np.concatenate([weights[f"{part}_bias"].ravel() for part in parts]),
        }
        output = weights["output_kernel"].reshape(units, units)
        state |= layouts.layer("block.self_attn.out_proj", output, weights["output_bias"])
        for number in (1, 2):
            dense = f"dense{number}"
            state |= layouts.layer(f"block.linear{number}", weights[f"{dense}_kernel"], weights[f"{dense}_bias"])
            state[f"block.norm{number}.weight"] = weights[f"norm{number}_gamma"]
            state[f"block.norm{number}.bias"] = weights[f"norm{number}_beta"]
        return state | layouts.layer("head", weights["head_kernel"], weights["head_bias"])


def _normalisation(name: str, units: int) -> Weights:
    return {f"{name}_gamma": np.ones(units, np.float32), f"{name}_beta": initial.zeros(units)}
