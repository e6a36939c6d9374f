"""The last of what a process writes to one of its streams."""

from __future__ import annotations

import asyncio
import contextlib
import os

TAIL = 32 * 1024
"""Bytes that are kept."""
_READ = 1 << 16
_MOST_READS = 32
"""At the end: a pipe holds at most 1 MiB, and whoever still writes into it is not waited for."""


class OutputTail:
    """Reads a stream, however much comes, and keeps the last TAIL bytes.

    A pipe of its own: asyncio's would keep a process from having ended while children of it hold the other end.
    """

    def __init__(self) -> None:
        self._fd, self.write_end = os.pipe()
        self._tail = b""
        os.set_blocking(self._fd, False)

    def give_away(self) -> None:
        """Close the end to write into: the process has its own."""
        os.close(self.write_end)

    def follow(self) -> None:
        """Read from now on."""
        asyncio.get_running_loop().add_reader(self._fd, self._read)

    def close(self) -> str:
        """What came last."""
        for _ in range(_MOST_READS):
            if not self._read():
                break
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)
        return self._tail.decode("utf-8", "replace")

    def _read(self) -> bool:
        """Whether there was something."""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._fd, _READ)
            self._tail = (self._tail + data)[-TAIL:]
            if not data:
                asyncio.get_running_loop().remove_reader(self._fd)
            return bool(data)
        return False
