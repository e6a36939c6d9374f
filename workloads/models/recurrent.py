"""Recurrent models of text: the last state decides on each label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.models import initial, layouts
from dlprof.workloads.models.model import Weights
from dlprof.workloads.models.words import keras_embedding

if TYPE_CHECKING:
    import torch
    from torch import nn


@dataclass(frozen=True)
class Lstm:
    """Embedding, LSTM, a logit per label."""

    vocabulary: int
    units: int
    labels: int

    def weights(self, random: np.random.Generator) -> Weights:
        """Gates in the order i, f, g, o; the head is drawn first."""
        head = initial.layer(random, "head", self.units, self.labels)
        bias = initial.zeros(4 * self.units)
        bias[self.units : 2 * self.units] = 1  # an LSTM that starts out forgetting learns slowly (Jozefowicz 2015)
        return {
            "embedding": initial.table(random, self.vocabulary, self.units),
            "lstm_kernel": initial.glorot(random, self.units, 4 * self.units),
            "lstm_recurrent": initial.orthogonal(random, self.units, 4),
            "lstm_bias": bias,
            **head,
        }

    def keras(self, inputs: Any) -> Any:
        """From word ids (batch, length)."""
        from keras import layers

        x = keras_embedding(self.vocabulary, self.units)(inputs)
        x = layers.LSTM(self.units)(x)
        return layers.Dense(self.labels)(x)

    def torch(self) -> nn.Module:
        """On word ids (batch, length). torch's second bias, which the other frameworks have not, is not trained."""
        from torch import nn

        sizes = self

        class TextLstm(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.embedding = nn.Embedding(sizes.vocabulary, sizes.units)
                self.lstm = nn.LSTM(sizes.units, sizes.units, batch_first=True)
                self.head = nn.Linear(sizes.units, sizes.labels)
                self.lstm.get_parameter("bias_hh_l0").requires_grad_(False)

            def forward(self, words: torch.Tensor) -> torch.Tensor:
                _, (state, _) = self.lstm(self.embedding(words))
                return self.head(state[0])

        return TextLstm()

    def torch_state(self, weights: Weights) -> Weights:
        """The same order of gates; the second bias is zero."""
        return {
            "embedding.weight": weights["embedding"],
            "lstm.weight_ih_l0": weights["lstm_kernel"].T,
            "lstm.weight_hh_l0": weights["lstm_recurrent"].T,
            "lstm.bias_ih_l0": weights["lstm_bias"],
            "lstm.bias_hh_l0": np.zeros_like(weights["lstm_bias"]),
            **layouts.layer("head", weights["head_kernel"], weights["head_bias"]),
        }


@dataclass(frozen=True)
class Gru:
    """Embedding, GRU, a logit per label."""

    vocabulary: int
    units: int
    labels: int

    def weights(self, random: np.random.Generator) -> Weights:
        """Gates in the order z, r, h; two biases, of the input and of the state; the head is drawn first."""
        head = initial.layer(random, "head", self.units, self.labels)
        return {
            "embedding": initial.table(random, self.vocabulary, self.units),
            "gru_kernel": initial.glorot(random, self.units, 3 * self.units),
            "gru_recurrent": initial.orthogonal(random, self.units, 3),
            "gru_bias": initial.zeros(2, 3 * self.units),
            **head,
        }

    def keras(self, inputs: Any) -> Any:
        """From word ids (batch, length)."""
        from keras import layers

        x = keras_embedding(self.vocabulary, self.units)(inputs)
        x = layers.GRU(self.units)(x)
        return layers.Dense(self.labels)(x)

    def torch(self) -> nn.Module:
        """On word ids (batch, length)."""
        from torch import nn

        sizes = self

        class TextGru(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.embedding = nn.Embedding(sizes.vocabulary, sizes.units)
                self.gru = nn.GRU(sizes.units, sizes.units, batch_first=True)
                self.head = nn.Linear(sizes.units, sizes.labels)

            def forward(self, words: torch.Tensor) -> torch.Tensor:
                _, state = self.gru(self.embedding(words))
                return self.head(state[0])

        return TextGru()

    def torch_state(self, weights: Weights) -> Weights:
        """Gates in torch's order r, z, n."""

        def swapped(gates: NDArray[np.float32]) -> NDArray[np.float32]:
            update, reset, new = np.split(gates, 3, axis=-1)
            return np.concatenate([reset, update, new], axis=-1)

        of_input, of_state = swapped(weights["gru_bias"])
        return {
            "embedding.weight": weights["embedding"],
            "gru.weight_ih_l0": swapped(weights["gru_kernel"]).T,
            "gru.weight_hh_l0": swapped(weights["gru_recurrent"]).T,
            "gru.bias_ih_l0": of_input,
            "gru.bias_hh_l0": of_state,
            **layouts.layer("head", weights["head_kernel"], weights["head_bias"]),
        }
