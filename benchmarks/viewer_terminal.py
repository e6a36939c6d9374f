"""A program in a real pseudo-terminal of 160x50: when its words appear, and how long it paints after a key."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence

COLUMNS, ROWS = 160, 50
QUIET_S = 0.3
"""So long without a byte, the program has painted all."""
KEYS = {
    "end": b"\x1b[F",
    "home": b"\x1b[H",
    "left": b"\x1b[D",
    "right": b"\x1b[C",
    "shift+left": b"\x1b[1;2D",
    "shift+right": b"\x1b[1;2C",
}
_ESCAPES = re.compile(rb"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b[PX^_].*?\x1b\\|\x1b.", re.DOTALL)


class Terminal:
    """Runs `command` and reads what it paints."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
        self.began_s = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execvpe(command[0], list(command), {**environment, "TERM": "xterm-256color"})
        self._painted = b""

    def text(self) -> str:
        """Everything painted so far, without control sequences."""
        return _ESCAPES.sub(b"", self._painted).decode("utf-8", "replace")

    def wait_for(self, pattern: str, timeout_s: float = 60.0) -> float:
        """Seconds from the start of the program until `pattern` was on the screen.

        Raises:
            TimeoutError: it does not come.
        """
        while not re.search(pattern, self.text()):
            if time.perf_counter() - self.began_s > timeout_s:
                raise TimeoutError(f"{pattern!r} was not painted; the end of what was: {self.text()[-2000:]!r}")
            self._read(0.05)
        return time.perf_counter() - self.began_s

    @property
    def bytes(self) -> int:
        """How many bytes were painted so far."""
        return len(self._painted)

    def answer(self, key: str, pattern: str) -> float:
        """Seconds from a key press until `pattern` is painted.

        Raises:
            TimeoutError: it is not, within 10 s.
        """
        before, pressed_s = len(self._painted), time.perf_counter()
        os.write(self._fd, KEYS.get(key, key.encode()))
        while not re.search(pattern, _ESCAPES.sub(b"", self._painted[before:]).decode("utf-8", "replace")):
            if time.perf_counter() - pressed_s > 10:
                raise TimeoutError(f"{pattern!r} was not painted after {key!r}")
            self._read(1.0)
        return time.perf_counter() - pressed_s

    def read_for(self, seconds: float) -> None:
        """Read what is painted for so long: a terminal that nobody reads holds up its program."""
        end_s = time.perf_counter() + seconds
        while (left_s := end_s - time.perf_counter()) > 0:
            self._read(left_s)

    def press(self, key: str) -> float:
        """Seconds from a key press to the last byte that it brought."""
        pressed_s = last_s = time.perf_counter()
        os.write(self._fd, KEYS.get(key, key.encode()))
        while self._read(QUIET_S):
            last_s = time.perf_counter()
        return last_s - pressed_s

    def close(self) -> None:
        """End the program."""
        os.kill(self.pid, signal.SIGTERM)
        while self._read(1.0):
            pass
        os.close(self._fd)
        os.waitpid(self.pid, 0)

    def _read(self, timeout_s: float) -> bool:
        if not select.select([self._fd], [], [], timeout_s)[0]:
            return False
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:  # the program is gone
            return False
        self._painted += data
        return bool(data)
