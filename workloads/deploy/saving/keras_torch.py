"""Keras' formats on torch: those of every backend, and torch's graph."""

from __future__ import annotations

from pathlib import Path

import keras
import torch

from dlprof.workloads.deploy.saving import keras as of_keras
from dlprof.workloads.deploy.saving.formats import Format

_BATCH = torch.export.Dim("batch", min=1, max=1024)


def formats(trained: keras.Model) -> list[Format]:
    """Of the layers and weights of `trained`."""
    model = of_keras.plain(trained)

    def graph(folder: Path) -> None:
        path = str(folder / "model.pt2")
        model.export(path, format="torch", verbose=False, dynamic_shapes={0: _BATCH})

    return [*of_keras.formats(trained), Format("torch_export", graph)]
