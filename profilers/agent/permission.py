"""Leave for the stack sampler to read this process."""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PTRACER = 0x59616D61


def allow_tracing_by(pid: int) -> None:
    """Let `pid` and its descendants read this process and those it forks, where Yama would forbid it."""
    if not sys.platform.startswith("linux"):
        return
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def declare() -> None:
        prctl(_PR_SET_PTRACER, ctypes.c_ulong(pid), 0, 0, 0)  # EINVAL without Yama: nothing to allow

    declare()
    os.register_at_fork(after_in_child=declare)
