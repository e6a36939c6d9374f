"""What SIGINT and SIGTERM do before a recorder or a screen takes care of them itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

EXIT_CODE = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def leave_at_once() -> None:
    """From now on they end the process, silently: an exception in the middle of an import may be lost or shown."""
    for number in SIGNALS:
        signal.signal(number, lambda *_: os._exit(EXIT_CODE))


def leave_as_usual() -> None:
    """From now on they do what they do in every Python program, on which an event loop builds."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def noted() -> Iterator[list[int]]:
    """Meanwhile they are only noted, in the list."""
    numbers: list[int] = []
    before = {number: signal.signal(number, lambda number, _: numbers.append(number)) for number in SIGNALS}
    try:
        yield numbers
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def raised() -> Iterator[None]:
    """Meanwhile both raise KeyboardInterrupt."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
