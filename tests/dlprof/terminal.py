"""A program in a terminal of its own, as under SSH: a pseudo-terminal that can be looked at, typed into and hung up."""

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
_PROGRAM = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    def __init__(self, *command: str, environment: dict[str, str], kind: str = "xterm-256color") -> None:
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (40, 160))
        self._name = os.ttyname(slave)
        # Those of the terminal in which the tests run, which a worker of theirs has.
        environment = {name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            cwd=ROOT,
            env={**environment, "TERM": kind},
        )
        os.close(slave)
        self._said = ""
        self.painted = b""
        """All that the program has sent."""

    def until(self, pattern: str) -> str:
        """Wait for a text that was not read before; its first group."""
        deadline = time.monotonic() + PATIENCE
        while (match := re.search(pattern, self._said)) is None:
            assert time.monotonic() < deadline, self._said[-2000:]
            if select.select([self._master], [], [], 1.0)[0]:
                self._said += self._read().decode("utf-8", "replace")
        self._said = self._said[match.end() :]
        return match[1]

    def _read(self) -> bytes:
        some = os.read(self._master, 65536)
        self.painted += some
        return some

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def stall(self) -> None:
        """Take nothing any more, as after Ctrl-S: whoever writes waits."""
        slave = os.open(self._name, os.O_RDWR | os.O_NOCTTY)
        termios.tcflow(slave, termios.TCOOFF)
        os.close(slave)

    def end(self) -> int:
        """Read on until the program has ended; its exit code."""
        deadline = time.monotonic() + PATIENCE
        try:
            while not select.select([self._master], [], [], 1.0)[0] or self._read():
                assert time.monotonic() < deadline, self.painted[-2000:]
        except OSError:  # EIO: nobody has the other end open
            pass
        return self.process.wait(PATIENCE)

    def hang_up(self) -> int:
        """Take the terminal away; the exit code of its program, which is told by SIGHUP."""
        os.close(self._master)
        self._master = -1
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """Leave nothing behind, whatever went wrong."""
        self.process.kill()
        self.process.wait()
        if self._master >= 0:
            os.close(self._master)
