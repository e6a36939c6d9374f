"""A Transformer encoder (Vaswani et al. 2017) on text."""

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
    """Embedding and trained positions; then blocks of attention and two dense layers.

    Both are added to their input and then normalised. The mean over the words gives a logit per label.
    """

    vocabulary: int
    length: int
    units: int
    """Of a word; the heads share them."""
    heads: int
    hidden: int
    """Units between the two dense layers of the block."""
    labels: int
    blocks: int = 1
    activation: str = "relu"
    """Between the two dense layers: "relu", or "gelu" (exact)."""

    def weights(self, random: np.random.Generator) -> Weights:
        """Kernels of attention are (units, heads, units of a head), that of its output the other way round."""
        head = initial.layer(random, "head", self.units, self.labels)
        drawn = {
            "embedding": initial.table(random, self.vocabulary, self.units),
            "positions": initial.table(random, self.length, self.units),
        }
        for number in range(self.blocks):
            drawn |= self._block_weights(random, f"block{number}")
        return drawn | head

    def _block_weights(self, random: np.random.Generator, block: str) -> Weights:
        units, split = self.units, (self.heads, self.units // self.heads)
        drawn: Weights = {}
        for name in ("query", "key", "value"):
            drawn[f"{block}_{name}_kernel"] = initial.glorot(random, units, units).reshape(units, *split)
            drawn[f"{block}_{name}_bias"] = initial.zeros(*split)
        drawn[f"{block}_output_kernel"] = initial.glorot(random, units, units).reshape(*split, units)
        drawn[f"{block}_output_bias"] = initial.zeros(units)
        return {
            **drawn,
            **_normalisation(f"{block}_norm1", units),
            **initial.layer(random, f"{block}_dense1", units, self.hidden),
            **initial.layer(random, f"{block}_dense2", self.hidden, units),
            **_normalisation(f"{block}_norm2", units),
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
        for _ in range(self.blocks):
            attended = layers.MultiHeadAttention(self.heads, self.units // self.heads)(x, x)
            x = layers.LayerNormalization(epsilon=EPSILON)(x + attended)
            dense = layers.Dense(self.hidden, activation=self.activation)(x)
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
                block = nn.TransformerEncoderLayer(
                    sizes.units,
                    sizes.heads,
                    sizes.hidden,
                    dropout=0.0,
                    activation=sizes.activation,
                    layer_norm_eps=EPSILON,
                    batch_first=True,
                )
                self.encoder = nn.TransformerEncoder(block, sizes.blocks, enable_nested_tensor=False)
                self.head = nn.Linear(sizes.units, sizes.labels)

            def forward(self, words: torch.Tensor) -> torch.Tensor:
                x = self.encoder(self.embedding(words) + self.positions)
                return self.head(x.mean(dim=1))

        return TextTransformer()

    def torch_state(self, weights: Weights) -> Weights:
        """torch stacks the kernels of query, key and value."""
        state = {"embedding.weight": weights["embedding"], "positions": weights["positions"]}
        for number in range(self.blocks):
            state |= self._block_state(f"encoder.layers.{number}", f"block{number}", weights)
        return state | layouts.layer("head", weights["head_kernel"], weights["head_bias"])

    def _block_state(self, module: str, block: str, weights: Weights) -> Weights:
        parts, units = [f"{block}_{part}" for part in ("query", "key", "value")], self.units
        kernels = [weights[f"{part}_kernel"].reshape(units, units).T for part in parts]
        state = {
            f"{module}.self_attn.in_proj_weight": np.concatenate(kernels),
            f"{module}.self_attn.in_proj_bias": np.concatenate([weights[f"{part}_bias"].ravel() for part in parts]),
        }
        output = weights[f"{block}_output_kernel"].reshape(units, units)
        state |= layouts.layer(f"{module}.self_attn.out_proj", output, weights[f"{block}_output_bias"])
        for number in (1, 2):
            dense, norm = f"{block}_dense{number}", f"{block}_norm{number}"
            state |= layouts.layer(f"{module}.linear{number}", weights[f"{dense}_kernel"], weights[f"{dense}_bias"])
            state[f"{module}.norm{number}.weight"] = weights[f"{norm}_gamma"]
            state[f"{module}.norm{number}.bias"] = weights[f"{norm}_beta"]
        return state


def _normalisation(name: str, units: int) -> Weights:
    return {f"{name}_gamma": np.ones(units, np.float32), f"{name}_beta": initial.zeros(units)}
