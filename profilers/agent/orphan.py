"""The end of a lane whose recorder is gone, also of a stopped one, which cannot notice it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1


def end_with_recorder() -> None:
    """Have the system kill this process when the thread that started it ends; and what its main thread forks, with it.

    Linux alone. A process that another thread forks would end with that thread, and is left alone.
    """
    if not sys.platform.startswith("linux"):
        return
    prctl, main = ctypes.CDLL(None, use_errno=True).prctl, threading.get_ident()

    def declare() -> None:
        if threading.get_ident() == main:
            prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)

    declare()
    os.register_at_fork(after_in_child=declare)
