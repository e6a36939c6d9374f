"""A task in a plain TensorFlow loop (`tf.function`, GradientTape, tf.data), or (word `fit`) in `keras.Model.fit`.

Usage: TASK FOLDER STEPS [fit]; says `begun`, and then the median step in ms. FOLDER is one that
`dlprof.workloads.data.prepare` made. One clock reading a step is all that is measured.
"""

import os
import sys
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

os.environ.update(CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="2")

import keras
import numpy as np
import tensorflow as tf

WARM_UP = 30


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


def custom_loop(model: Any, loss_of: Any, optimizer: Any, dataset: Any, steps: int) -> list[float]:
    @tf.function
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    ends = []
    for x, y in dataset:
        step(x, y)
        ends.append(time.perf_counter())
        if len(ends) == WARM_UP:
            print("begun", flush=True)
        if len(ends) == steps + WARM_UP:
            return ends
    return ends


def fit(model: Any, loss_of: Any, optimizer: Any, dataset: Any, steps: int, epoch: int) -> list[float]:
    class Clock(keras.callbacks.Callback):
        """Reads the clock after each batch, and ends training."""

        ends: list[float] = []  # noqa: RUF012

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.ends.append(time.perf_counter())
            if len(self.ends) == WARM_UP:
                print("begun", flush=True)
            if len(self.ends) == steps + WARM_UP:
                model.stop_training = True

    model.compile(optimizer=optimizer, loss=loss_of)
    clock = Clock()
    model.fit(dataset, epochs=10**9, steps_per_epoch=epoch, shuffle=False, callbacks=[clock], verbose=0)
    return clock.ends


def main(task: str, folder: Path, steps: int, with_fit: bool) -> None:
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
        ends = fit(model, loss_of, optimizer, dataset, steps, epoch)
    else:
        ends = custom_loop(model, loss_of, optimizer, dataset, steps)
    print(1000 * median(b - a for a, b in pairwise(ends[WARM_UP:])))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), "fit" in sys.argv[4:])
