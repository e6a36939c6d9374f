"""Keras' own file: architecture and weights."""

from __future__ import annotations

from typing import Any

import keras
from numpy.typing import NDArray

from dlprof.workloads.deploy.files import Predict, Saved


def load(saved: Saved) -> Predict:
    """The model where its backend places it; called as Keras' guide says for small batches, not by `predict`."""
    model: Any = keras.saving.load_model(saved.folder / "model.keras")

    def predict(inputs: NDArray[Any]) -> Any:
        return keras.ops.convert_to_numpy(model(inputs, training=False))

    return predict
