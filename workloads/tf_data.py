"""What the lanes on TensorFlow share: the tf.data input, devices and settings."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from dlprof.workloads.augmentation import Augmentation
from dlprof.workloads.data import Samples


def batches(samples: Samples, batch_size: int, workers: int) -> Any:
    """Whole batches in the prepared order, for ever; with workers, as many parallel calls and a prefetched buffer."""
    arrays = [np.asarray(samples.x), np.asarray(samples.y)]
    arrays += [] if samples.crops is None else [samples.crops.drawn]
    dataset = tf.data.Dataset.from_tensor_slices(tuple(arrays))
    parallel: dict[str, Any] = {"num_parallel_calls": workers, "deterministic": True} if workers else {}
    dataset = dataset.batch(batch_size, drop_remainder=True, **parallel)
    if samples.x.dtype == np.uint8:
        dataset = dataset.map(_scaled, **parallel)
    if samples.crops is not None:
        dataset = dataset.map(partial(_augmented, samples.crops.augmentation), **parallel)
    dataset = dataset.repeat()  # a new iterator an epoch would copy the data anew
    dataset = dataset.prefetch(2 * workers) if workers else dataset
    options = tf.data.Options()
    # tf.data's tuner may load ahead where the others do not, and its thread can hold up the end of a lane for a minute.
    options.autotune.enabled = False
    options.experimental_optimization.inject_prefetch = False
    return dataset.with_options(options)


def facts(workers: int) -> dict[str, Any]:
    """What a lane says of TensorFlow's threads, settings and its input."""
    gpus = tf.config.list_physical_devices("GPU")
    return {
        "threads": {
            "intra": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter": tf.config.threading.get_inter_op_parallelism_threads(),
            "note": "0: one per core, chosen by TensorFlow",
        },
        "determinism": {"TF_DETERMINISTIC_OPS": os.environ.get("TF_DETERMINISTIC_OPS")},
        "memory_growth": all(tf.config.experimental.get_memory_growth(gpu) for gpu in gpus) if gpus else None,
        "input": {"workers": workers, "prefetch": 2 * workers},
    }


def device_name(device: str) -> str:
    """TensorFlow's name of `cpu` or `cuda:N`."""
    return "/CPU:0" if device == "cpu" else "/" + device.replace("cuda", "GPU")


def use_growing_gpu_memory() -> None:
    """Do not take all the memory of every GPU at once, which is TensorFlow's default."""
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def _scaled(x: Any, *others: Any) -> tuple[Any, ...]:
    return (tf.cast(x, tf.float32) / 255.0, *others)


def _augmented(augmentation: Augmentation, x: Any, y: Any, drawn: Any) -> tuple[Any, Any]:
    """As `augmentation.Crops` has it."""
    resized = tf.image.resize(x, (augmentation.resized,) * 2)
    top, left, flipped = tf.unstack(tf.cast(drawn, tf.int32)[:, :, None], axis=1)
    across = tf.range(augmentation.cropped)
    columns = left + tf.where(flipped > 0, across[::-1], across)
    of_rows = tf.gather(resized, top + across, axis=1, batch_dims=1)
    return tf.gather(of_rows, columns, axis=2, batch_dims=1), y
