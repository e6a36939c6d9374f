"""The tasks' models in Keras layers, for the Keras lanes and for TensorFlow's own loop."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from dlprof.workloads.data import Prepared
from dlprof.workloads.evaluation import metrics
from dlprof.workloads.tasks import ADAM, PIXELS, UNITS, Task

MANY_EPOCHS = 1_000_000_000


def build(
    task: Task,
    dropout: float,
    weights: dict[str, Any],
    make: type[keras.Model],
    embedding: type[keras.layers.Embedding] = keras.layers.Embedding,
) -> keras.Model:
    """The task's model as a `make`, with its initial weights."""
    if task.multi_label:
        inputs = keras.Input((task.length,), dtype="int32")
        layers = [
            embedding(task.vocabulary, UNITS),
            keras.layers.LSTM(UNITS),
            keras.layers.Dense(task.classes),
        ]
        names = ("embedding", "lstm_kernel", "lstm_recurrent", "lstm_bias", "head_kernel", "head_bias")
    else:
        inputs = keras.Input((PIXELS,))
        layers = [
            keras.layers.Dense(UNITS, activation="relu"),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(task.classes),
        ]
        names = ("hidden_kernel", "hidden_bias", "head_kernel", "head_bias")
    outputs = inputs
    for layer in layers:
        outputs = layer(outputs)
    model = make(inputs=inputs, outputs=outputs)
    model.set_weights([weights[name] for name in names] + model.get_weights()[len(names) :])
    return model


def adam() -> keras.optimizers.Optimizer:
    """Adam with the tasks' settings."""
    return keras.optimizers.Adam(
        learning_rate=ADAM["learning_rate"],
        beta_1=ADAM["beta_1"],
        beta_2=ADAM["beta_2"],
        epsilon=ADAM["epsilon"],
    )


def loss_of(task: Task) -> keras.losses.Loss:
    """The task's loss, from logits."""
    if task.multi_label:
        return keras.losses.BinaryCrossentropy(from_logits=True)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def compile_for(model: keras.Model, task: Task, mode: str) -> None:
    """`compile` as the mode asks: as Keras decides, eager, or compiled."""
    options: dict[str, Any] = {
        "default": {},
        "eager": {"run_eagerly": True, "jit_compile": False},
        "compiled": {"jit_compile": True},
    }[mode]
    model.compile(optimizer=adam(), loss=loss_of(task), **options)


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


def evaluate(model: keras.Model, prepared: Prepared, task: Task) -> dict[str, float]:
    """Metrics on the held-out data."""
    x = np.asarray(prepared.test_x)
    if x.dtype == np.uint8:
        x = x.astype(np.float32) / 255
    logits: Any = keras.ops.convert_to_numpy(model(x, training=False))
    return metrics(logits, prepared.test_y, task.multi_label)
