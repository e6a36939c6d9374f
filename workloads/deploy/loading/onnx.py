"""ONNX, by ONNX Runtime."""

from __future__ import annotations

from typing import Any

import onnxruntime

from dlprof.workloads.deploy.files import Predict, Saved


def load(saved: Saved) -> Predict:
    """The model on the CPU, or on the GPU where this build of ONNX Runtime can."""
    wanted = ["CUDAExecutionProvider"] if saved.device != "cpu" else []
    there = [name for name in (*wanted, "CPUExecutionProvider") if name in onnxruntime.get_available_providers()]
    session: Any = onnxruntime.InferenceSession(saved.folder / "model.onnx", providers=there)
    [takes] = session.get_inputs()
    return lambda inputs: session.run(None, {takes.name: inputs})[0]
