"""Large tasks are the same model in every framework: built, each framework in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlprof.workloads.models.model import Weights
from dlprof.workloads.tasks import TASKS

ROOT = Path(__file__).parents[2]
TRAINED_NUMBERS = {"resnet50": 25_583_592, "bert-base": 108_597_509}
MOVING_STATISTICS = {"resnet50": 53_120, "bert-base": 0}
BUILT = {
    "torch": """
import torch
for name, task in large.items():
    with torch.device("meta"):
        model = task.model.torch()
    state = model.state_dict().items()
    shapes = {key: tuple(value.shape) for key, value in state if not key.endswith("num_batches_tracked")}
    print(json.dumps([name, shapes, sum(value.numel() for value in model.parameters())]))
""",
    "keras": """
import keras
from dlprof.workloads.keras_model import parameters
for name, task in large.items():
    inputs = keras.Input(task.input_shape, dtype=task.data.input_dtype)
    model = keras.Model(inputs, task.model.keras(inputs))
    shapes = [[weight.path.replace("/", "_"), [*weight.shape]] for weight in model.weights]
    print(json.dumps([name, shapes, parameters(model)]))
""",
}


@pytest.fixture(scope="module")
def built_in() -> Callable[[str], dict[str, tuple[Any, int]]]:
    """The shapes of each large task's weights in a framework, and how many numbers it trains."""

    @cache
    def build(framework: str) -> dict[str, tuple[Any, int]]:
        said = said_by(BUILT[framework], "tensorflow")
        return {name: (shapes, trained) for name, shapes, trained in said}

    return build


def said_by(program: str, backend: str) -> list[Any]:
    """The lists that `program` prints, with Keras on `backend`."""
    begin = "import json; from dlprof.workloads.tasks import TASKS; large = {n: t for n, t in TASKS.items() if t.large}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": backend}
    command = [sys.executable, "-c", begin + program]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"[")]


@pytest.fixture(scope="module", params=TRAINED_NUMBERS)
def drawn(request: pytest.FixtureRequest) -> tuple[str, Weights]:
    return request.param, TASKS[request.param].model.weights(np.random.default_rng(0))


def test_every_large_task_is_counted() -> None:
    assert {name for name, task in TASKS.items() if task.large} == set(TRAINED_NUMBERS)


@pytest.mark.slow
def test_torch_has_the_drawn_weights(built_in: Any, drawn: tuple[str, Weights]) -> None:
    name, weights = drawn
    shapes, trained = built_in("torch")[name]
    expected = TASKS[name].model.torch_state(weights)
    assert shapes == {key: list(value.shape) for key, value in expected.items()}
    assert trained == TRAINED_NUMBERS[name]
    assert sum(value.size for value in expected.values()) == trained + MOVING_STATISTICS[name]


@pytest.mark.slow
def test_keras_has_the_drawn_weights_in_their_order(built_in: Any, drawn: tuple[str, Weights]) -> None:
    name, weights = drawn
    shapes, trained = built_in("keras")[name]
    assert [shape for _, shape in shapes] == [list(value.shape) for value in weights.values()]
    assert trained == TRAINED_NUMBERS[name]
    if name == "resnet50":  # whose weights have the names of Keras' own layers
        assert [path for path, _ in shapes] == list(weights)


STEPS, BATCH, PIXELS = 3, 4, 64
SIDE_BY_SIDE = f"""
import keras, numpy as np, torch
from keras.src import backend
from keras.src.backend.common import dtypes
from torch.nn import functional
from dlprof.workloads.models.resnet50 import ResNet50

of_any = backend.result_type  # with which means and normalisation are in single precision where all else is double
for module in (backend, dtypes):
    module.result_type = lambda *kinds: "float64" if "float64" in str(kinds) else of_any(*kinds)
keras.config.set_floatx("float64")
torch.set_default_dtype(torch.float64)
random, model = np.random.default_rng(0), ResNet50(10)
weights = model.weights(random)
images = torch.tensor(random.random(({STEPS}, {BATCH}, {PIXELS}, {PIXELS}, 3)))
targets = torch.tensor(random.integers(0, 10, ({STEPS}, {BATCH})))

def losses(parameters, predict):
    optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9)
    for x, y in zip(images, targets):
        loss = functional.cross_entropy(predict(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()

inputs = keras.Input(images.shape[2:])
of_keras = keras.Model(inputs, model.keras(inputs))
of_keras.set_weights(list(weights.values()))
print(json.dumps([*losses(of_keras.parameters(), lambda x: of_keras(x, training=True))]))
of_torch = model.torch()
of_torch.load_state_dict({{name: torch.tensor(value) for name, value in model.torch_state(weights).items()}})
print(json.dumps([*losses(of_torch.parameters(), lambda x: of_torch(x.permute(0, 3, 1, 2)))]))
print(json.dumps(of_keras.get_layer("conv5_block3_3_bn").moving_variance.value.tolist()))
print(json.dumps(of_torch.get_submodule("conv5_block3.residual.3_bn").running_var.tolist()))
"""


@pytest.mark.slow
def test_resnet50_trains_alike() -> None:
    """In double precision: in single, 1e-7 more or less in the first kernel changes the second loss by a tenth.

    What differs is the moving variance, with which a trained model predicts: torch divides by a value less than Keras.
    """
    of_keras, of_torch, *variances = said_by(SIDE_BY_SIDE, "torch")
    assert of_torch == pytest.approx(of_keras, rel=1e-9)
    assert len(set(of_torch)) == STEPS
    values = BATCH * (PIXELS // 32) ** 2
    in_keras, in_torch = (np.array(found) - 0.99**STEPS for found in variances)
    assert in_torch == pytest.approx(in_keras * values / (values - 1), rel=1e-6)
