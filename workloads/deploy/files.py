"""What a lane leaves for the trials of its formats, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

INPUTS = "inputs.npy"
OUTPUTS = "outputs.npy"
"""Some held-out samples as the model takes them, and what the training process predicts of them."""
SAMPLES = 256
"""So many at most."""

_CAUSE = "Exception encountered: "
"""Before what went wrong, where Keras first says what it was doing."""

Predict = Callable[[NDArray[Any]], NDArray[Any]]
"""Logits (samples, classes) of inputs as INPUTS has them."""


@dataclass(frozen=True)
class Saved:
    """A saved model: the folder of its format, the device of the run, and the run's task as the lane was told it."""

    folder: Path
    device: str
    task: Mapping[str, Any]


def one_line(error: BaseException) -> str:
    """The line that says most of what an exporter or loader raised; a long one without its middle."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    line = next((line for line in lines if line.startswith(_CAUSE)), lines[0]).replace(_CAUSE, "")
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return f"{package} is not installed: pip install {package.replace('_', '-')}"
    return f"{type(error).__name__}: {line if len(line) <= 200 else f'{line[:90]} ... {line[-105:]}'}"
