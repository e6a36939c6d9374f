"""How `fit` drives a lane on torch."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """
import threading
from types import SimpleNamespace

import keras

from dlprof.profilers.agent.keras_torch import TorchFit


class Log:
    def __float__(self):
        print("main" if threading.current_thread() is threading.main_thread() else "another")
        return 0.0


model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile(loss="mse")
model.make_train_function()
fit = TorchFit(SimpleNamespace(start=lambda: None))
callbacks = keras.callbacks.CallbackList([fit], add_history=True, model=model)
callbacks.on_train_begin()
callbacks.on_epoch_begin(0)
callbacks.on_train_batch_end(0, {"loss": Log()})
callbacks.on_epoch_end(0)
"""


@pytest.mark.slow
def test_fit_does_not_wait_for_what_a_batch_left_on_the_device() -> None:
    environment = {**os.environ, "KERAS_BACKEND": "torch", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, check=True)
    assert set(done.stdout.decode().split()) == {"another"}, "who reads a log of the batch waits until it is computed"
