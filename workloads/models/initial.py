"""Initial weights, drawn as Keras' layers draw theirs by default."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.models.model import Weights


def glorot(random: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    """Uniform, by the inputs and outputs of a kernel (..., inputs, outputs) (Glorot and Bengio 2010)."""
    *field, inputs, outputs = shape
    bound = np.sqrt(6 / (int(np.prod(field)) * (inputs + outputs)))
    return random.uniform(-bound, bound, shape).astype(np.float32)


def orthogonal(random: np.random.Generator, units: int, gates: int) -> NDArray[np.float32]:
    """The kernel (units, gates * units) of a recurrent layer's state."""
    return np.linalg.qr(random.normal(size=(gates * units, units)))[0].T.astype(np.float32)


def table(random: np.random.Generator, rows: int, units: int) -> NDArray[np.float32]:
    """An embedding (rows, units)."""
    return random.uniform(-0.05, 0.05, (rows, units)).astype(np.float32)


def zeros(*shape: int) -> NDArray[np.float32]:
    """A bias."""
    return np.zeros(shape, np.float32)


def layer(random: np.random.Generator, name: str, *shape: int) -> Weights:
    """Kernel (..., inputs, outputs) and bias of a dense or convolutional layer."""
    return {f"{name}_kernel": glorot(random, *shape), f"{name}_bias": zeros(shape[-1])}
