"""How a module of dlprof is started in an interpreter that may not have dlprof installed, and with what environment."""

from __future__ import annotations

import os
from pathlib import Path

import dlprof
from dlprof.profilers.agent import bootstrap
from dlprof.profilers.recorder.guard import MARK
from dlprof.profilers.recorder.plan import LanePlan

_PACKAGE = Path(dlprof.__file__).parent
_DROPPED_VARIABLES = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV")


def program(interpreter: str, module: str, *words: str) -> tuple[str, ...]:
    """The command line that runs the `main` of `module` with `words`, with nothing else of this installation."""
    return interpreter, "-I", str(Path(bootstrap.__file__).resolve()), str(_PACKAGE), module, *words


def environment(plan: LanePlan, mark: str) -> dict[str, str]:
    """What a process of the lane inherits: nothing of this interpreter; on the CPU no GPU in sight of its import."""
    inherited = {key: value for key, value in os.environ.items() if key not in _DROPPED_VARIABLES}
    inherited[MARK] = mark
    inherited["TF_CPP_MIN_LOG_LEVEL"] = "2"
    inherited["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # NVML's order, so that cuda:N is one GPU to every part of dlprof
    if plan.framework == "keras":
        inherited["KERAS_BACKEND"] = plan.backend or "tensorflow"
    if plan.device == "cpu":
        inherited["CUDA_VISIBLE_DEVICES"] = "-1"
        inherited["JAX_PLATFORMS"] = "cpu"
    inherited["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # JAX would take most of a GPU's memory at once
    return inherited
