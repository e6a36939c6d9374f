"""A torch module as a function of arrays."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from dlprof.workloads.deploy.files import Predict


def predicting(module: nn.Module, device: str) -> Predict:
    """What `module`, on `device`, predicts."""

    def predict(inputs: NDArray[Any]) -> NDArray[Any]:
        with torch.inference_mode():
            return module(torch.from_numpy(inputs).to(device)).cpu().numpy()

    return predict
