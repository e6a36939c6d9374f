"""Recorders in processes of their own: one that this process started, and one that it found at work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlprof.profilers.recorder.plan import Plan
from dlprof.session.errors import SessionError
from dlprof.session.liveness import is_live, recorder_entry
from dlprof.session.text import clean_line

STOP_AGAIN_SECONDS = 1.0
"""A recorder that is just beginning does not listen yet: it is told again."""
LOOK_SECONDS = 0.05


class RecorderProcess:
    """A recorder in a process of its own: the viewer's end, or a stalled terminal, does not touch it."""

    def __init__(self, plan: Plan) -> None:
        self.path = Path(plan.path)
        self._last_words: str | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dlprof.recording"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self._say(plan.to_json())

    def wait_until_recording(self) -> None:
        """Return when the recording goes on.

        Raises:
            SessionError: it ended before that.
        """
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            code = self._process.wait()
            raise SessionError(self.failure() or f"the recorder ended with exit code {code} before it recorded")

    def is_recording(self) -> bool:
        """Whether the recorder runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End cleanly, after the lanes have evaluated."""
        self._say("stop")

    def next_task(self) -> None:
        """Finish the task that is being trained and go on to the next."""
        self._say("next")

    def let_go(self) -> None:
        """Run on when the viewer is gone."""
        self._say("detach")

    def interrupt(self) -> None:
        """End at once, and wait for the end: where no run had begun, no session is left."""
        with self._process:
            self._process.terminate()

    def failure(self) -> str | None:
        """The recorder's last words where it ended without a session."""
        if self.is_recording() or self._process.stderr is None or self._process.stdout is None:
            return None
        lines = [*self._process.stderr.read().splitlines(), *self._process.stdout.read().splitlines()]
        self._last_words = clean_line(lines[-1]) if lines else self._last_words
        return self._last_words

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return


class WatchedRecorder:
    """The recorder that a session names, on this host: it is told by signals, as its pipe belongs to another."""

    def __init__(self, path: Path, meta: Mapping[str, Any]) -> None:
        self.path = path
        self._entry = recorder_entry(meta) if is_live(meta) else None

    def is_recording(self) -> bool:
        """Whether the recorder runs."""
        return self._entry is not None and self._entry.is_running()

    def is_ours(self) -> bool:
        """Whether this user may stop it."""
        return self._signal(0)

    def stop(self) -> None:
        """End cleanly, after the lanes have evaluated."""
        self._signal(signal.SIGUSR1)

    def stop_and_wait(self) -> None:
        """Stop it, and return when it has ended."""
        while self.is_recording():
            self.stop()
            deadline = time.monotonic() + STOP_AGAIN_SECONDS
            while self.is_recording() and time.monotonic() < deadline:
                time.sleep(LOOK_SECONDS)

    def next_task(self) -> None:
        """Finish the task that is being trained and go on to the next."""
        self._signal(signal.SIGUSR2)

    def let_go(self) -> None:
        """Run on: it never depended on this viewer."""

    def failure(self) -> str | None:
        """Its last words went to whoever started it."""
        return None

    def _signal(self, number: int) -> bool:
        """Send it; whether that could be. Looked at again before: the number may be another process's by now."""
        if self._entry is None or not self._entry.is_running():
            return False
        try:
            os.kill(self._entry.pid, number)
        except OSError:
            return False
        return True
