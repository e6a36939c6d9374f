"""Stamps in the graph and probes of the same function without XLA: TASK; prints JSON, medians in ms."""

import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

os.environ.update(CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="2")
sys.path.append(str(Path(__file__).parents[1] / "tests" / "profilers" / "agent"))

import keras
import tensorflow as tf
from heard import HeardLane

from dlprof.profilers.agent.probe import probe
from dlprof.profilers.agent.tensorflow import GraphPhases, copied_parts
from dlprof.workloads import keras_model, tf_data
from dlprof.workloads.data import load, prepare
from dlprof.workloads.tasks import TASKS
from dlprof.workloads.tensorflow import bare_step, stamped_step

PHASES = ("forward", "backward")
ROUNDS, STEPS = 16, 40


def main(name: str) -> None:
    task = TASKS[name]
    with tempfile.TemporaryDirectory() as folder:
        prepare(name, Path(folder), 10, seed=0)
        prepared = load(Path(folder), task.batch_size)
    model, copy = (keras_model.build(task, prepared.weights, keras.Model) for _ in range(2))
    loss_of, optimizer = keras_model.loss_of(task), keras_model.optimizer_of(task)
    optimizer.build(model.trainable_variables)
    stamped, bare = (tf.function(make(model, loss_of, optimizer)) for make in (stamped_step, bare_step))
    parts = copied_parts(model, copy, loss_of, tf.function)
    batches: Any = iter(tf_data.batches(prepared.train, task.batch_size, 0))
    found: dict[str, list[float]] = {f"{how} {phase}": [] for how in ("stamps", "probe") for phase in PHASES}
    for _ in range(ROUNDS):
        lane = HeardLane(STEPS)
        timer = GraphPhases(lane, "cpu", stamped, bare)
        timer.start()
        x, y = next(batches)
        while timer.step(x, y):
            x, y = next(batches)
        for column, (phase, probed) in enumerate(zip(PHASES, probe(parts(x, y)), strict=True), start=2):
            found[f"stamps {phase}"].append(median(step[column] for step in lane.steps[STEPS // 2 :]) / 1e6)
            found[f"probe {phase}"].append(probed / 1e6)
    print(json.dumps({key: median(values[1:]) for key, values in found.items()}))


if __name__ == "__main__":
    main(sys.argv[1])
