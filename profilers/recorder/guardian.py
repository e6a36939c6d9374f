"""The recorder's end of the guard, which kills what the recorder leaves behind when it dies."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

from dlprof.profilers.recorder import guard


class Guardian:
    """A `guard` process that watches over the process groups it is told, over `folder` and over `session`."""

    def __init__(self, folder: Path, session: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(guard.__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        self.tell(f"folder {folder}")
        self.tell(f"session {session.resolve()}")

    def tell(self, line: str) -> None:
        """One of the guard's lines. A guard that is gone is no reason to stop recording."""
        with contextlib.suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
