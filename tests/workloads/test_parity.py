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

from dlprof.workloads.data import load, prepare
from dlprof.workloads.evaluation import metrics
from dlprof.workloads.tasks import TASKS

ROOT = Path(__file__).parents[2]
FRAMEWORKS = ("torch", "tensorflow", "keras")
STEPS = {"mnist-mlp": 60, "text-lstm": 400}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    @cache
    def train(task: str) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp(task)
        prepare(task, folder, 10, seed=0)
        path = os.pathsep.join((str(ROOT), str(ROOT / "tests" / "profilers" / "agent")))
        environment = {**os.environ, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
        found = {}
        for framework in FRAMEWORKS:
            program = str(Path(__file__).with_name("train_alone.py"))
            command = [sys.executable, program, framework, task, str(folder), str(STEPS[task]), "0"]
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
            found[framework] = json.loads(done.stdout.splitlines()[-1])
        return found

    return train


@pytest.mark.slow
@pytest.mark.parametrize("task", STEPS)
def test_the_first_twenty_losses_agree(trained: Any, task: str) -> None:
    losses = {name: np.array([step[-1] for step in said["steps"][:20]]) for name, said in trained(task).items()}
    for other in ("tensorflow", "keras"):
        assert np.max(np.abs(losses[other] / losses["torch"] - 1)) < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("task", STEPS)
def test_every_lane_learns_and_has_the_same_parameters(trained: Any, task: str) -> None:
    for said in trained(task).values():
        assert said["parameters"] == {"mnist-mlp": 101770, "text-lstm": 772229}[task]
        assert said["metrics"]["f1" if TASKS[task].multi_label else "accuracy"] >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("task", STEPS)
def test_phases_are_measured_and_add_up(trained: Any, task: str) -> None:
    for said in trained(task).values():
        steps = np.array([step[:5] for step in said["steps"][15:]], dtype=float)
        measured = steps[:, 1:].sum(axis=1)
        assert (np.median(steps[:, 1:], axis=0) > 0).all()
        assert (measured <= steps[:, 0] + 1e6).all()
        assert set(said["clocks"]) == {"data", "forward", "backward", "optimizer", "other", "step"}


def test_data_is_deterministic_and_has_the_size_asked_for(tmp_path: Path) -> None:
    for task in TASKS:
        folders = [tmp_path / f"{task}-{i}" for i in range(3)]
        for folder, seed in zip(folders, (0, 0, 1), strict=True):
            folder.mkdir()
            prepare(task, folder, 2, seed)
        first, same, other = (load(folder, 128) for folder in folders)
        assert np.array_equal(first.train_x, same.train_x)
        assert np.array_equal(first.weights["head_kernel"], same.weights["head_kernel"])
        assert not np.array_equal(first.train_x, other.train_x)
        assert 0.99 * 2e6 <= first.train_x.nbytes + first.train_y.nbytes <= 2e6


def test_metrics_by_hand() -> None:
    logits = np.array([[1.0, -1.0], [1.0, 1.0], [-1.0, -1.0]])
    found = metrics(logits, np.array([[1, 0], [0, 1], [1, 0]]), multi_label=True)
    assert (found["precision"], found["recall"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    found = metrics(np.array([[2.0, 1.0], [0.0, 1.0], [0.0, 1.0]]), np.array([0, 1, 0]), multi_label=False)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["f1"] == pytest.approx(2 / 3)
