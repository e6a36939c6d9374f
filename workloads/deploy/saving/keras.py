"""Keras' formats, on any backend: `.keras`, and what `export` offers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from dlprof.workloads.deploy.saving.formats import Format


def formats(trained: keras.Model) -> list[Format]:
    """Of the layers and weights of `trained`."""
    model = plain(trained)

    def exported(name: str, format: str, file: str) -> Format:
        return Format(name, lambda folder: model.export(str(folder / file), format=format, verbose=False))

    def own(folder: Path) -> None:
        model.save(folder / "model.keras")

    return [
        Format("keras", own),
        exported("saved_model", "tf_saved_model", "model"),
        exported("litert", "litert", "model.tflite"),
        exported("onnx", "onnx", "model.onnx"),
    ]


def plain(trained: Any) -> Any:
    """The same layers and weights as a keras.Model of Keras' own layers.

    What trains is a class that measures its steps, and may hold layers that are made for training alone.
    """

    def deployed(layer: Any) -> Any:
        return getattr(layer, "deployed_as", type(layer)).from_config(layer.get_config())

    model: Any = keras.models.clone_model(keras.Model(trained.input, trained.output), clone_function=deployed)
    model.set_weights(trained.get_weights())
    model(keras.ops.zeros((1, *trained.input_shape[1:]), trained.input.dtype))  # some exporters ask that it was called
    return model
