"""TensorFlow's formats: SavedModel, LiteRT, ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow as tf

from dlprof.workloads.deploy.saving.formats import Format


def formats(model: Any) -> list[Format]:
    """Of a Keras model that a loop of TensorFlow's own trained."""
    [takes] = model.inputs
    signature = [tf.TensorSpec(takes.shape, takes.dtype)]
    module: Any = tf.Module()
    module.model = model
    module.serve = tf.function(lambda x: model(x, training=False), input_signature=signature)

    def litert(folder: Path) -> None:
        # From a SavedModel of a tf.Module the converter makes a file without the trained weights (TensorFlow 2.21).
        (folder / "model.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())

    def onnx(folder: Path) -> None:
        import tf2onnx

        tf2onnx.convert.from_function(module.serve, input_signature=signature, output_path=str(folder / "model.onnx"))

    return [
        Format("saved_model", lambda folder: tf.saved_model.save(module, str(folder / "model"))),
        Format("litert", litert),
        Format("onnx", onnx),
    ]
