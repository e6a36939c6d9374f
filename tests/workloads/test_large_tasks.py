"""Large tasks are the same model in every framework: built, not trained, each framework in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlprof.workloads.models.model import Weights
from dlprof.workloads.tasks import TASKS

ROOT = Path(__file__).parents[2]
LARGE = [name for name, task in TASKS.items() if task.large]
BUILT = {
    "torch": """
import torch
with torch.device("meta"):
    model = TASKS[name].model.torch()
shapes = {name: tuple(value.shape) for name, value in model.state_dict().items()}
""",
    "keras": """
import keras
inputs = keras.Input(TASKS[name].input_shape, dtype=TASKS[name].data.input_dtype)
model = keras.Model(inputs, TASKS[name].model.keras(inputs))
shapes = [tuple(weight.shape) for weight in model.weights]
""",
}


def shapes_in(framework: str, name: str) -> Any:
    begin = "import json, sys; from dlprof.workloads.tasks import TASKS; name = sys.argv[1]"
    program = f"{begin}{BUILT[framework]}print(json.dumps(shapes))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run([sys.executable, "-c", program, name], env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module", params=LARGE)
def drawn(request: pytest.FixtureRequest) -> tuple[str, Weights]:
    return request.param, TASKS[request.param].model.weights(np.random.default_rng(0))


@pytest.mark.slow
def test_torch_has_the_drawn_weights(drawn: tuple[str, Weights]) -> None:
    name, weights = drawn
    expected = TASKS[name].model.torch_state(weights)
    assert shapes_in("torch", name) == {key: list(value.shape) for key, value in expected.items()}
    assert sum(value.size for value in expected.values()) == sum(value.size for value in weights.values())


@pytest.mark.slow
def test_keras_has_the_drawn_weights_in_their_order(drawn: tuple[str, Weights]) -> None:
    name, weights = drawn
    assert shapes_in("keras", name) == [list(value.shape) for value in weights.values()]
