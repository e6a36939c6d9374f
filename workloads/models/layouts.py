"""Keras' layouts of weights turned into torch's, as parts of a state dict."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.models.model import Weights


def layer(name: str, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> Weights:
    """A dense or convolutional layer: its kernel (..., inputs, outputs) as (outputs, inputs, ...)."""
    field = range(kernel.ndim - 2)
    return {f"{name}.weight": kernel.transpose(kernel.ndim - 1, kernel.ndim - 2, *field), f"{name}.bias": bias}


def channels_first(kernel: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """A dense kernel (inputs, outputs) on flattened images of `channels`, for images flattened channels first."""
    outputs = kernel.shape[1]
    return kernel.reshape(-1, channels, outputs).transpose(1, 0, 2).reshape(-1, outputs)


def batch_normalisation(module: str, name: str, weights: Weights) -> Weights:
    """A batch normalisation's scale, shift and moving statistics, which `weights` have under Keras' words for them."""
    words = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    return {f"{module}.{own}": weights[f"{name}_{of_keras}"] for own, of_keras in words.items()}
