"""The tasks' models in Keras layers, for the Keras lane and for TensorFlow's own loop, and their tf.data input."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlprof.workloads.data import Prepared
from dlprof.workloads.evaluation import metrics
from dlprof.workloads.tasks import ADAM, PIXELS, UNITS, Task


class DenseEmbedding(keras.layers.Embedding):
    """An embedding whose table has a dense gradient, as in torch.

    The gradient of TensorFlow's gather lists a repeated word once for each place, and Keras' Adam squares these
    one by one instead of their sum.
    """

    def call(self, inputs: Any) -> Any:
        """Rows (batch, length, units) of word ids (batch, length)."""
        return tf.gather(_with_dense_gradient(tf.convert_to_tensor(self.embeddings)), inputs)


@tf.custom_gradient
def _with_dense_gradient(table: Any) -> Any:
    return tf.identity(table), tf.convert_to_tensor


def build(task: Task, dropout: float, weights: dict[str, Any], make: type[keras.Model]) -> keras.Model:
    """The task's model as a `make`, with its initial weights."""
    if task.multi_label:
        inputs = keras.Input((task.length,), dtype="int32")
        layers = [
            DenseEmbedding(task.vocabulary, UNITS),
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


def batches(prepared: Prepared, batch_size: int, workers: int) -> Any:
    """Whole batches in the prepared order, for ever; with workers, as many parallel calls and a prefetched buffer."""
    dataset = tf.data.Dataset.from_tensor_slices((np.asarray(prepared.train_x), np.asarray(prepared.train_y)))
    parallel: dict[str, Any] = {"num_parallel_calls": workers, "deterministic": True} if workers else {}
    dataset = dataset.batch(batch_size, drop_remainder=True, **parallel)
    if prepared.train_x.dtype == np.uint8:
        dataset = dataset.map(_scaled, **parallel)
    dataset = dataset.repeat()  # a new iterator a epoch would copy the data anew
    return dataset.prefetch(2 * workers) if workers else dataset


def facts(model: keras.Model, jit: bool, workers: int) -> dict[str, Any]:
    """What a lane says of itself."""
    return {
        "parameters": sum(int(np.prod(variable.shape)) for variable in model.trainable_variables),
        "jit": jit,
        "threads": {
            "intra": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter": tf.config.threading.get_inter_op_parallelism_threads(),
            "note": "0: one per core, chosen by TensorFlow",
        },
        "input": {"workers": workers, "prefetch": 2 * workers},
    }


def evaluate(model: keras.Model, prepared: Prepared, task: Task) -> dict[str, float]:
    """Metrics on the held-out data."""
    x = np.asarray(prepared.test_x)
    if x.dtype == np.uint8:
        x = x.astype(np.float32) / 255
    return metrics(np.asarray(model(x, training=False)), prepared.test_y, task.multi_label)


def device_name(device: str) -> str:
    """TensorFlow's name of `cpu` or `cuda:N`."""
    return "/CPU:0" if device == "cpu" else "/" + device.replace("cuda", "GPU")


def use_growing_gpu_memory() -> None:
    """Do not take all the memory of every GPU at once, which is TensorFlow's default."""
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def _scaled(x: Any, y: Any) -> tuple[Any, Any]:
    return tf.cast(x, tf.float32) / 255.0, y
