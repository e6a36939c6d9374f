"""A graph that torch.export made: needs torch, not the model's code."""

from __future__ import annotations

import torch

from dlprof.workloads.deploy.files import Predict, Saved
from dlprof.workloads.deploy.loading.torch_tensors import predicting


def load(saved: Saved) -> Predict:
    """The graph on the device that it was exported from."""
    return predicting(torch.export.load(saved.folder / "model.pt2").module(), saved.device)
