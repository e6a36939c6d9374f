"""How a lane talks to its recorder: step records over a pipe, messages as JSON lines over a socket.

A step record is `STEP` packed: index, turn (-1 in the warm-up), flags, start_ns, total_ns, data_ns, forward_ns,
backward_ns, optimizer_ns, loss. A missing duration is -1, a missing loss NaN. At most STEPS_A_WRITE records are written
at once: up to PIPE_BUF bytes, so that a write is whole or refused.
"""

from __future__ import annotations

import json
import select
import struct
from collections.abc import Iterator
from typing import Any

STEP = struct.Struct("<IiIqqqqqqd")
STEPS_A_WRITE = select.PIPE_BUF // STEP.size
MISSING = -1
MAX_LINE = 1 << 20


def encode(message: dict[str, Any]) -> bytes:
    """`message` as one line."""
    return json.dumps(message).encode() + b"\n"


class LineBuffer:
    """Cuts a stream of bytes into messages. A line longer than MAX_LINE, or no JSON object, is left out."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """The messages that `data` completes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE:
            self._rest = b""
        for line in lines:
            try:
                message = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(message, dict):
                yield message


class StepBuffer:
    """Cuts a stream of bytes into step records."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[Any, ...]]:
        """The records that `data` completes."""
        data = self._rest + data
        whole = len(data) - len(data) % STEP.size
        self._rest = data[whole:]
        return STEP.iter_unpack(data[:whole])
