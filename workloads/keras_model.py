"""The tasks' models in Keras layers, for the Keras lanes and for TensorFlow's own loop."""

from __future__ import annotations

import random
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.augmentation import augmented
from dlprof.workloads.data import Samples
from dlprof.workloads.models.model import Weights
from dlprof.workloads.tasks import Adam, Task

MANY_EPOCHS = 1_000_000_000
_AT_ONCE = 128
"""Samples that are predicted at once."""


def set_seed(seed: int) -> None:
    """Seed what Keras draws from, but for the backend's own generator.

    `keras.utils.set_random_seed` imports TensorFlow on every backend, which seemed to be 0.5 GB of the model's.
    """
    random.seed(seed)
    np.random.seed(seed)


def build(task: Task, weights: Weights, make: type[keras.Model]) -> keras.Model:
    """The task's model as a `make`, with its initial weights."""
    inputs = keras.Input(task.input_shape, dtype=task.data.input_dtype)
    model = make(inputs=inputs, outputs=task.model.keras(inputs))
    model.set_weights([*weights.values(), *model.get_weights()[len(weights) :]])
    return model


def optimizer_of(task: Task) -> keras.optimizers.Optimizer:
    """The task's optimizer."""
    kind = keras.optimizers.Adam if isinstance(task.optimizer, Adam) else keras.optimizers.SGD
    return kind(**asdict(task.optimizer))


def loss_of(task: Task) -> keras.losses.Loss:
    """The task's loss, from logits."""
    if task.data.multi_label:
        return keras.losses.BinaryCrossentropy(from_logits=True)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def compile_for(model: keras.Model, task: Task, mode: str) -> None:
    """`compile` as the mode asks: as Keras decides, eager, or compiled."""
    options: dict[str, Any] = {
        "default": {},
        "eager": {"run_eagerly": True, "jit_compile": False},
        "compiled": {"jit_compile": True},
    }[mode]
    model.compile(optimizer=optimizer_of(task), loss=loss_of(task), **options)


def resolves_to_jit(mode: str) -> bool:
    """What `jit_compile` comes to: Keras' "auto" depends on the backend and on whether there is a GPU."""
    probe = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    options: dict[str, Any] = {"jit_compile": True} if mode == "compiled" else {}
    probe.compile(optimizer="sgd", loss="mse", **options)
    return bool(probe.jit_compile)


def fit(model: keras.Model, batches: Any, callback: keras.callbacks.Callback, **options: Any) -> None:
    """`fit` until the callback ends it."""
    untyped: Any = model
    untyped.fit(batches, epochs=MANY_EPOCHS, shuffle=False, callbacks=[callback], verbose=0, **options)


def parameters(model: keras.Model) -> int:
    """How many numbers are trained."""
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def inputs_of(samples: Samples) -> NDArray[Any]:
    """Prepared inputs as the model takes them: bytes as numbers from 0 to 1, images as their crops have them."""
    x: NDArray[Any] = samples.x.astype(np.float32) / 255 if samples.x.dtype == np.uint8 else np.asarray(samples.x)
    return x if samples.crops is None else augmented(x, samples.crops)


def logits(model: keras.Model, samples: Samples) -> NDArray[Any]:
    """The model's predictions of prepared samples: (samples, classes)."""
    inputs, predicted = inputs_of(samples), list[Any]()
    for first in range(0, len(inputs), _AT_ONCE):
        predicted.append(keras.ops.convert_to_numpy(model(inputs[first : first + _AT_ONCE], training=False)))
    return np.concatenate(predicted)
