"""The three frameworks train the same thing: real frameworks, each in a process of its own."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlprof.workloads.data import HELD_OUT, load, prepare
from dlprof.workloads.evaluation import judged
from dlprof.workloads.predictions import LOGITS
from dlprof.workloads.tasks import TASKS

ROOT = Path(__file__).parents[2]
LANES = {
    "torch": ("torch", "default", ""),
    "torch:compiled": ("torch", "compiled", ""),
    "tensorflow": ("tensorflow", "default", "tensorflow"),
    "tensorflow:eager": ("tensorflow", "eager", "tensorflow"),
    "tensorflow:compiled": ("tensorflow", "compiled", "tensorflow"),
    "keras": ("keras", "default", "tensorflow"),
    "keras:eager": ("keras", "eager", "tensorflow"),
    "keras:compiled": ("keras", "compiled", "tensorflow"),
    "keras@torch": ("keras_torch", "default", "torch"),
    "keras@torch:compiled": ("keras_torch", "compiled", "torch"),
    "keras@jax": ("keras_jax", "default", "jax"),
    "keras@jax:eager": ("keras_jax", "eager", "jax"),
}
PARAMETERS = {
    "mnist-mlp": 101770,
    "mnist-lenet": 21840,
    "mnist-convnet": 693962,
    "cifar-lenet": 62006,
    "text-lstm": 772229,
    "text-gru": 739717,
    "text-cnn": 722693,
    "text-transformer": 781317,
}
PYTHON_LOOPS = {"tensorflow:eager", "keras:eager", "keras@torch", "keras@torch:compiled", "keras@jax:eager"}
"""Here an LSTM or GRU is 64 steps in Python: minutes to compile or to train."""
MODES_SHOWN_BY = {"mnist-mlp", "text-lstm", "text-transformer"}
"""The default mode trains every task; for the others these do, to spare time."""


def is_tried(task: str, lane: str) -> bool:
    if task in ("text-lstm", "text-gru") and lane in PYTHON_LOOPS:
        return False
    if lane == "keras@torch:compiled":
        return task == "mnist-mlp"  # half a minute of compiling a task
    return ":" not in lane or task in MODES_SHOWN_BY


CASES = [(task, lane) for lane in LANES for task in PARAMETERS if is_tried(task, lane)]
STEPS = {"mnist-mlp": 60, "text-lstm": 400}
"""After which the task is learnt, in any lane."""
STEPS_IN_TORCH = {
    "mnist-lenet": 1200,
    "mnist-convnet": 60,
    "cifar-lenet": 1500,
    "text-gru": 350,
    "text-cnn": 200,
    "text-transformer": 150,
}
"""The same; the other lanes train as many steps as it takes to see that they do what torch does."""
FEW_STEPS = 40
LEARNT = [(task, lane) for task, lane in CASES if lane == "torch" or task in STEPS]
DARK_EVERY = 4


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a lane said of a task. One start of the lane trains all its tasks."""

    @cache
    def data(task: str) -> Path:
        folder = tmp_path_factory.mktemp(task)
        prepare(task, folder, 10, seed=0)
        return folder

    @cache
    def train(lane: str) -> dict[str, dict[str, Any]]:
        tasks = [task for task, other in CASES if other == lane]
        steps = STEPS | STEPS_IN_TORCH if lane == "torch" else STEPS
        lines = train_alone(lane, 0, {task: (data(task), steps.get(task, FEW_STEPS)) for task in tasks})
        for task, said in zip(tasks, lines, strict=True):
            said["metrics"] = judged(Path(said["run_dir"], LOGITS), data(task) / "test_y.npy")
        return dict(zip(tasks, lines, strict=True))

    return lambda task, lane: train(lane)[task]


def train_alone(lane: str, workers: int, runs: dict[str, tuple[Path, int]]) -> list[dict[str, Any]]:
    """What `lane` says of each of `runs`: by task, the folder of its data and the number of steps."""
    module, mode, backend = LANES[lane]
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests" / "profilers" / "agent")))
    environment = {**os.environ, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    environment |= {"KERAS_BACKEND": backend or "tensorflow", "JAX_PLATFORMS": "cpu"}
    program = str(Path(__file__).with_name("train_alone.py"))
    words = [str(word) for task, (folder, steps) in runs.items() for word in (task, folder, steps)]
    command = [sys.executable, program, module, mode, str(workers), str(DARK_EVERY), *words]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]


def losses(said: dict[str, Any]) -> dict[int, float]:
    """The loss of each step that was not dark, by the step's number."""
    lit = [number for number in range(len(said["steps"]) + len(said["dark"])) if number not in said["dark"]]
    return {number: step[-1] for number, step in zip(lit, said["steps"], strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize(("task", "lane"), [case for case in CASES if case[1] != "torch"])
def test_the_first_twenty_losses_agree(trained: Any, task: str, lane: str) -> None:
    expected, found = losses(trained(task, "torch")), losses(trained(task, lane))
    common = sorted(expected.keys() & found.keys())[:20]
    assert len(common) == 20
    assert max(abs(found[number] / expected[number] - 1) for number in common) < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(("task", "lane"), CASES)
def test_every_lane_has_the_same_model(trained: Any, task: str, lane: str) -> None:
    said = trained(task, lane)
    assert said["parameters"] == PARAMETERS[task]
    assert said["metrics"]["samples"] == HELD_OUT


@pytest.mark.slow
@pytest.mark.parametrize(("task", "lane"), LEARNT)
def test_every_task_is_learnt(trained: Any, task: str, lane: str) -> None:
    assert trained(task, lane)["metrics"]["f1" if TASKS[task].data.multi_label else "accuracy"] >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize(("task", "lane"), CASES)
def test_phases_are_measured_where_there_is_a_clock_and_add_up(trained: Any, task: str, lane: str) -> None:
    said = trained(task, lane)
    clocks = said["clocks"]
    assert set(clocks) == {"data", "forward", "backward", "optimizer", "other", "step"}
    steps = np.array([step[:5] for step in said["steps"][15:]], dtype=float)
    assert (np.nanmedian(steps[:, 1]) > 0, np.isnan(steps[:, 1]).mean() < 0.1) == (True, True)
    if clocks["forward"] == "probe":
        assert np.isnan(steps[:, 2:]).all()
        assert len(said["probed"]) == 1
    else:
        assert (np.nanmedian(steps[:, 1:], axis=0) > 0).all()
        assert said["dark"]
    assert (np.nansum(steps[:, 1:], axis=1) <= steps[:, 0] + 1e6).all()


def test_data_is_deterministic_and_has_the_size_asked_for(tmp_path: Path) -> None:
    for task in TASKS:
        folders = [tmp_path / f"{task}-{i}" for i in range(3)]
        for folder, seed in zip(folders, (0, 0, 1), strict=True):
            folder.mkdir()
            prepare(task, folder, 2, seed)
        first, same, other = (load(folder, 128) for folder in folders)
        assert np.array_equal(first.train.x, same.train.x)
        assert list(first.weights) == list(same.weights)
        assert all(np.array_equal(first.weights[name], same.weights[name]) for name in first.weights)
        assert not np.array_equal(first.train.x, other.train.x)
        assert 0.99 * 2e6 <= first.train.x.nbytes + first.train.y.nbytes <= 2e6
