"""TensorFlow's SavedModel."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from dlprof.workloads.deploy.files import Predict, Saved


def load(saved: Saved) -> Predict:
    """Its endpoint `serve`, where TensorFlow places it."""
    loaded: Any = tf.saved_model.load(str(saved.folder / "model"))
    return lambda inputs: loaded.serve(inputs).numpy()
