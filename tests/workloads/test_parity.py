"""The three frameworks train the same thing: real frameworks, each in a process of its own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lanes_alone import LANES, Run, losses, train_alone

from dlprof.workloads.data import HELD_OUT, load, prepare
from dlprof.workloads.evaluation import judged
from dlprof.workloads.predictions import LOGITS
from dlprof.workloads.tasks import TASKS

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
MODES_SHOWN_BY = {"mnist-mlp", "text-cnn"}
"""The default mode trains every task; for the others these do, to spare time."""


def is_tried(task: str, lane: str) -> bool:
    if task in ("text-lstm", "text-gru") and lane in PYTHON_LOOPS:
        return False
    if lane == "keras@torch:compiled":
        return task == "mnist-mlp"  # half a minute of compiling a task
    return ":" not in lane or task in MODES_SHOWN_BY


CASES = [(task, lane) for lane in LANES for task in PARAMETERS if is_tried(task, lane)]
STEPS_TO_LEARN = {
    "mnist-mlp": 60,
    "mnist-lenet": 1200,
    "mnist-convnet": 60,
    "cifar-lenet": 1500,
    "text-lstm": 400,
    "text-gru": 350,
    "text-cnn": 200,
    "text-transformer": 150,
}
"""After which torch has learnt the task."""
FEW_STEPS = 32
"""What it takes to see that the other lanes do what torch does."""
LEARNT = [(task, "torch") for task in PARAMETERS] + [("mnist-mlp", lane) for lane in LANES if lane != "torch"]
LANES_AT_ONCE = 2


@pytest.fixture(scope="module")
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What a lane said of a task. One start of a lane trains all that the tests chosen ask of it."""
    wanted = {case for item in request.session.items if (case := case_of(item, request.path))}
    wanted |= {(task, "torch") for task, _ in wanted}
    data = {task: tmp_path_factory.mktemp(task) for task in dict(wanted)}
    for task, folder in data.items():
        prepare(task, folder, 10, seed=0)

    def train(lane: str) -> dict[str, dict[str, Any]]:
        runs = [Run(task, data[task], steps_of(task, lane)) for task in PARAMETERS if (task, lane) in wanted]
        said = dict(zip((run.task for run in runs), train_alone(lane, runs), strict=True))
        for task, facts in said.items():
            facts["metrics"] = judged(Path(facts["run_dir"], LOGITS), data[task] / "test_y.npy")
        return said

    with ThreadPoolExecutor(LANES_AT_ONCE) as pool:
        by_lane = {lane: pool.submit(train, lane) for lane in LANES if lane in {lane for _, lane in wanted}}
        yield lambda task, lane: by_lane[lane].result()[task]


def case_of(item: pytest.Item, path: Path) -> tuple[str, str] | None:
    """The task and the lane that a test of the module at `path` is about."""
    parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return (parameters["task"], parameters["lane"]) if item.path == path and "task" in parameters else None


def steps_of(task: str, lane: str) -> int:
    return STEPS_TO_LEARN[task] if (task, lane) in LEARNT else FEW_STEPS


@pytest.mark.slow
@pytest.mark.parametrize(("task", "lane"), [case for case in CASES if case[1] != "torch"])
def test_the_first_twenty_losses_agree(trained: Any, task: str, lane: str) -> None:
    expected, found = losses(trained(task, "torch")), losses(trained(task, lane))
    common = sorted(expected.keys() & found.keys())[:20]
    assert len(common) == 20
    assert max(abs(found[number] / expected[number] - 1) for number in common) < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "lane"), [("mnist-mlp", "torch"), ("mnist-mlp", "keras@torch"), ("mnist-mlp", "keras@jax")]
)
def test_a_lane_without_tensorflow_does_not_hold_it(trained: Any, task: str, lane: str) -> None:
    assert "tensorflow" not in trained(task, lane)["frameworks"], "half a GB that is not the model's"


BATCHES_AN_EPOCH = 2
DEFAULT_LANES = [lane for lane in LANES if ":" not in lane]
KINDS_OF_INPUT = ("mnist-mlp", "mnist-lenet", "cifar-lenet", "text-cnn")


@pytest.fixture(scope="module")
def with_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The losses of each kind of input in a lane that loads with workers, and in torch without, epoch after epoch."""
    data = {task: tmp_path_factory.mktemp(task) for task in KINDS_OF_INPUT}
    for task, folder in data.items():
        assert prepare(task, folder, 0, seed=0)["samples"] == BATCHES_AN_EPOCH * TASKS[task].batch_size

    def train(lane: str, workers: int) -> dict[str, dict[int, float]]:
        runs = [Run(task, folder, 5 * BATCHES_AN_EPOCH, workers) for task, folder in data.items()]
        return {run.task: losses(said) for run, said in zip(runs, train_alone(lane, runs), strict=True)}

    with ThreadPoolExecutor(LANES_AT_ONCE) as pool:
        plain = pool.submit(train, "torch", 0)
        loaded = {lane: pool.submit(train, lane, 2) for lane in DEFAULT_LANES}
        yield lambda lane: (plain.result(), loaded[lane].result())


@pytest.mark.slow
@pytest.mark.parametrize("lane", DEFAULT_LANES)
def test_workers_load_the_same_batches_in_the_same_order(with_workers: Any, lane: str) -> None:
    plain, loaded = with_workers(lane)
    for task in KINDS_OF_INPUT:
        common = plain[task].keys() & loaded[task].keys()
        assert len(common) >= 3 * BATCHES_AN_EPOCH
        assert [loaded[task][number] for number in common] == pytest.approx(
            [plain[task][number] for number in common], rel=1e-4
        )


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
    for task in PARAMETERS:
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
