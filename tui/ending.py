"""The end of a viewer that is told to end, also where its terminal takes nothing any more."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

GRACE_SECONDS = 2.0
INTERRUPTED = 130


def end_on_sigterm(leave: Callable[[], object]) -> None:
    """From now on SIGTERM calls `leave` in the running event loop; where that does not end it in time, it ends so.

    A terminal that has stalled holds up whatever is still to be drawn, and with it the event loop: a handler of the
    loop would never be called. This one is Python's own, which breaks into the waiting.
    """
    loop = asyncio.get_running_loop()

    def told(*_: object) -> None:
        last = threading.Timer(GRACE_SECONDS, os._exit, [INTERRUPTED])
        last.daemon = True
        last.start()
        with suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(leave)

    signal.signal(signal.SIGTERM, told)
