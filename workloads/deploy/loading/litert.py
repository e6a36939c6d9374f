"""LiteRT, formerly TensorFlow Lite: by its own small runtime where that is installed, else by TensorFlow's."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from numpy.typing import NDArray

from dlprof.workloads.deploy.files import Predict, Saved

_OWN = "ai_edge_litert.interpreter"
_RUNTIME: Any = importlib.import_module(
    _OWN if importlib.util.find_spec("ai_edge_litert") else "tensorflow.lite.python.interpreter"
)


def load(saved: Saved) -> Predict:
    """The model on the CPU; its tensors are allocated anew where the number of samples changes."""
    interpreter = _RUNTIME.Interpreter(str(saved.folder / "model.tflite"))
    [takes], [gives] = interpreter.get_input_details(), interpreter.get_output_details()
    shape: list[int] = []

    def predict(inputs: NDArray[Any]) -> NDArray[Any]:
        if shape != list(inputs.shape):
            shape[:] = inputs.shape
            interpreter.resize_tensor_input(takes["index"], shape)
            interpreter.allocate_tensors()
        interpreter.set_tensor(takes["index"], inputs)
        interpreter.invoke()
        return interpreter.get_tensor(gives["index"])

    return predict
