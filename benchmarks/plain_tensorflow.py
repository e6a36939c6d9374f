"""A task in a plain TensorFlow loop (`tf.function`, GradientTape, tf.data), or (word `fit`) in `keras.Model.fit`.

Usage: TASK FOLDER [fit]; says `begun`, trains until SIGTERM, and then says, as JSON, when its steps ended
(`time.perf_counter_ns`). FOLDER is one that `dlprof.workloads.data.prepare` made. One clock reading a step is all that
is measured.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.update(CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="2")

import keras
import numpy as np
import tensorflow as tf
from plain_steps import Ends


@tf.custom_gradient
def dense_gradient(table: Any) -> Any:
    return tf.identity(table), tf.convert_to_tensor


class DenseEmbedding(keras.layers.Embedding):
    """With a dense gradient, as torch's."""

    def call(self, inputs: Any) -> Any:
        return tf.gather(dense_gradient(tf.convert_to_tensor(self.embeddings)), inputs)


def batches(folder: Path, size: int) -> Any:
    x, y = (np.load(folder / f"train_{name}.npy") for name in "xy")
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(size, drop_remainder=True)
    if x.dtype == np.uint8:
        dataset = dataset.map(lambda x, y: (tf.cast(x, tf.float32) / 255.0, y))
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.inject_prefetch = False
    return dataset.repeat().with_options(options), len(x) // size


def custom_loop(model: Any, loss_of: Any, optimizer: Any, dataset: Any, step_done: Callable[[], bool]) -> None:
    @tf.function
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    for x, y in dataset:
        step(x, y)
        if not step_done():
            return


def fit(model: Any, loss_of: Any, optimizer: Any, dataset: Any, epoch: int, step_done: Callable[[], bool]) -> None:
    class AfterStep(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if not step_done():
                model.stop_training = True

    model.compile(optimizer=optimizer, loss=loss_of)
    model.fit(dataset, epochs=10**9, steps_per_epoch=epoch, shuffle=False, callbacks=[AfterStep()], verbose=0)


def train(task: str, folder: Path, step_done: Callable[[], bool], with_fit: bool = False) -> None:
    """Train until `step_done`, called after each step, says no."""
    if task == "text-lstm":
        layers = [keras.Input((64,), dtype="int32"), DenseEmbedding(5000, 128), keras.layers.LSTM(128)]
        model = keras.Sequential([*layers, keras.layers.Dense(5)])
        loss_of: Any = keras.losses.BinaryCrossentropy(from_logits=True)
    else:
        layers = [keras.Input((784,)), keras.layers.Dense(128, activation="relu"), keras.layers.Dropout(0.2)]
        model = keras.Sequential([*layers, keras.layers.Dense(10)])
        loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.Adam(1e-3, epsilon=1e-14)
    dataset, epoch = batches(folder, 32 if task == "text-lstm" else 128)
    if with_fit:
        fit(model, loss_of, optimizer, dataset, epoch, step_done)
    else:
        custom_loop(model, loss_of, optimizer, dataset, step_done)


if __name__ == "__main__":
    ends = Ends()
    train(sys.argv[1], Path(sys.argv[2]), ends, with_fit="fit" in sys.argv[3:])
    print(json.dumps(ends.counted_ns))
