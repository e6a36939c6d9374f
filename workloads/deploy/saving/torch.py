"""torch's formats: weights alone, a graph of its own, ONNX."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from dlprof.workloads.deploy.saving.formats import Format


def formats(model: nn.Module, example: torch.Tensor) -> list[Format]:
    """Of a model in evaluation mode; `example` is a batch of at least two inputs on its device."""
    batch = ({0: torch.export.Dim.DYNAMIC},)  # any number of samples

    def graph(folder: Path) -> None:
        torch.export.save(torch.export.export(model, (example,), dynamic_shapes=batch), folder / "model.pt2")

    def onnx(folder: Path) -> None:
        torch.onnx.export(model, (example,), folder / "model.onnx", dynamo=True, dynamic_shapes=batch, verbose=False)

    return [
        Format("state_dict", lambda folder: torch.save(model.state_dict(), folder / "model.pt")),
        Format("torch_export", graph),
        Format("onnx", onnx),
    ]
