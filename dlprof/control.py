"""Recorders that a viewer can stop: one that it started, and one that it found at work."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from dlprof.profilers.recorder.plan import Plan
from dlprof.session.text import clean_line

SAME_START_S = 1.0
"""A process that started this long before or after what its session says is another one that got its number."""


class RecorderProcess:
    """A recorder in a process of its own: the viewer's end, or a stalled terminal, does not touch it."""

    def __init__(self, plan: Plan) -> None:
        self.path = Path(plan.path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dlprof.recording"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self._say(plan.to_json())

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

    def failure(self) -> str | None:
        """The recorder's last words where it ended without a session."""
        if self.is_recording() or self._process.stderr is None:
            return None
        lines = self._process.stderr.read().splitlines()
        return clean_line(lines[-1]) if lines else None

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
        self._process = None if meta.get("complete") else _recorder(meta.get("recorder"))

    def is_recording(self) -> bool:
        """Whether the recorder runs."""
        try:
            process = self._process
            return process is not None and process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True

    def is_ours(self) -> bool:
        """Whether this user may stop it."""
        try:
            return self._process is not None and self.is_recording() and self._process.uids().real == os.getuid()
        except psutil.Error:
            return False

    def stop(self) -> None:
        """End cleanly, after the lanes have evaluated."""
        self._signal(signal.SIGUSR1)

    def next_task(self) -> None:
        """Finish the task that is being trained and go on to the next."""
        self._signal(signal.SIGUSR2)

    def let_go(self) -> None:
        """Run on: it never depended on this viewer."""

    def failure(self) -> str | None:
        """Its last words went to whoever started it."""
        return None

    def _signal(self, number: signal.Signals) -> None:
        """Checked again: the number may belong to another process by now."""
        if self._process is not None and self.is_ours():
            self._process.send_signal(number)


def _recorder(said: Any) -> psutil.Process | None:
    """The process that a session's `recorder` entry names; None where there is none, here or any more."""
    if not isinstance(said, dict) or said.get("host") != platform.node():
        return None
    pid, start = said.get("pid"), said.get("start")
    if not isinstance(pid, int) or not isinstance(start, float) or not 0 < pid < 1 << 31:
        return None
    try:
        process = psutil.Process(pid)
        return process if abs(process.create_time() - start) < SAME_START_S else None
    except psutil.Error:
        return None
