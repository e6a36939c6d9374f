"""The end of a viewer that is told to end or has lost its terminal, also where that takes nothing any more."""

from __future__ import annotations

import asyncio
import os
import select
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


def end_with_terminal(terminal: int) -> None:
    """From now on the end of `terminal`, a descriptor, ends the process as SIGHUP does.

    The kernel tells only the process that leads the session. That may be a program which waits for this one, as make.
    """

    def wait() -> None:
        end = select.poll()
        end.register(terminal, 0)  # its end is reported without being asked for
        end.poll()
        os.kill(os.getpid(), signal.SIGHUP)
        os._exit(INTERRUPTED)  # where SIGHUP is ignored

    threading.Thread(target=wait, name="end of the terminal", daemon=True).start()
