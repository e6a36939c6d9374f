"""What the NVIDIA driver (NVML) says, and does not say, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pynvml

from dlprof.session.text import clean_line

_REASONS = {
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: "no NVIDIA driver library (libnvidia-ml.so.1) on this machine",
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "the NVIDIA driver is not loaded",
    pynvml.NVML_ERROR_NO_PERMISSION: "no permission to ask the NVIDIA driver (MIG, or a container's limits)",
    pynvml.NVML_ERROR_NOT_SUPPORTED: "this GPU does not tell it",
    pynvml.NVML_ERROR_FUNCTION_NOT_FOUND: "the installed NVIDIA driver is too old to tell",
    pynvml.NVML_ERROR_GPU_IS_LOST: "the GPU is lost: it fell off the bus",
    pynvml.NVML_ERROR_RESET_REQUIRED: "the GPU needs a reset",
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "the NVIDIA driver was changed while it ran: reload it or reboot",
}
LOST = frozenset(
    _REASONS[code]
    for code in (
        pynvml.NVML_ERROR_GPU_IS_LOST,
        pynvml.NVML_ERROR_RESET_REQUIRED,
        pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
    )
)
"""Reasons after which every handle is void."""


def code(error: pynvml.NVMLError) -> int | None:
    """The driver's number for `error`."""
    return getattr(error, "value", None)


def why(error: pynvml.NVMLError) -> str:
    """One line for `error`."""
    number = code(error)
    if number is None:
        return clean_line(str(error))
    return _REASONS.get(number, clean_line(f"the NVIDIA driver says: {error}"))


def text(ask: Callable[..., Any], *arguments: Any) -> str:
    """The text that `ask` gives, or why it gives none."""
    try:
        answer = ask(*arguments)
    except pynvml.NVMLError as error:
        return f"unknown ({why(error)})"
    return clean_line(answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer))
