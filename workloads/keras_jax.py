"""The Keras lane on the JAX backend: keras.Model.fit over a PyDataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import keras
import numpy as np

from dlprof.profilers.agent.keras_jax import JaxFit, JaxModel
from dlprof.profilers.agent.protocol import TrainingLane
from dlprof.workloads import keras_model
from dlprof.workloads.data import Samples, load
from dlprof.workloads.deploy.saving.formats import save_all
from dlprof.workloads.deploy.saving.keras import formats
from dlprof.workloads.own_task import task_of
from dlprof.workloads.predictions import keep


class Batches(keras.utils.PyDataset):
    """Whole batches in the prepared order; with workers, as many processes and a prefetched buffer."""

    def __init__(self, samples: Samples, batch_size: int, workers: int) -> None:
        super().__init__(workers=max(workers, 1), use_multiprocessing=workers > 0, max_queue_size=2 * workers)
        self._samples, self._batch_size = samples, batch_size

    def __len__(self) -> int:
        return len(self._samples.x) // self._batch_size

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        part = slice(index * self._batch_size, (index + 1) * self._batch_size)
        samples = self._samples.of(part)
        return keras_model.inputs_of(samples), np.asarray(samples.y)


def train(lane: TrainingLane) -> None:
    """Train as the recorder says, then evaluate."""
    config = lane.config
    task = task_of(config["task"])
    lane.status("building")
    keras_model.set_seed(config["seed"])
    prepared = load(Path(config["data_dir"]), config["batch_size"])
    fit = JaxFit(lane)
    with jax.default_device(_device(config["device"])):
        model = keras_model.build(task, prepared.weights, JaxModel)
        keras_model.compile_for(model, task, config["mode"])
        lane.describe(
            framework_version=keras.__version__,
            backend_version=jax.__version__,
            parameters=keras_model.parameters(model),
            jit=bool(model.jit_compile),
            threads={"note": "chosen by XLA: one pool of one thread per core"},
            input={"workers": config["workers"], "prefetch": 2 * config["workers"]},
            clocks={
                "data": "host",
                **dict.fromkeys(("forward", "backward", "optimizer"), "probe"),
                "other": "n/a",
                "step": "host",
            },
        )
        lane.status("warming up")
        batches = Batches(prepared.train, config["batch_size"], config["workers"])
        _build_loss(model, batches)
        keras_model.fit(model, batches, fit)
    lane.status("evaluating")
    logits = keras_model.logits(model, prepared.test)
    keep(lane, logits)
    save_all(lane, formats(model), keras_model.inputs_of(prepared.test), logits)


def _build_loss(model: keras.Model, batches: Batches) -> None:
    """So that `fit` does not take a batch to build it, which is gone where workers have loaded it (Keras 3.15)."""
    x, y = batches[0]
    untyped: Any = model
    untyped.compute_loss(x=x, y=y, y_pred=keras.ops.zeros((len(y), *untyped.output_shape[1:])))


def _device(device: str) -> Any:
    return jax.devices("cpu")[0] if device == "cpu" else jax.devices("gpu")[int(device.partition(":")[2])]
