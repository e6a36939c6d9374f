"""torch's weights, in the model that the code of the task builds."""

from __future__ import annotations

import torch

from dlprof.workloads.deploy.files import Predict, Saved
from dlprof.workloads.deploy.loading.torch_tensors import predicting
from dlprof.workloads.own_task import task_of


def load(saved: Saved) -> Predict:
    """The model on the run's device."""
    model = task_of(saved.task).model.torch()
    model.load_state_dict(torch.load(saved.folder / "model.pt", map_location=saved.device, weights_only=True))
    return predicting(model.to(saved.device).eval(), saved.device)
