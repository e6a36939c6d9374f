"""A small process that outlives its recorder: when the recorder is gone, it kills the lanes, stopped ones too.

Started as a file. Reads lines from stdin: ``add PGID``, ``drop PGID``, ``folder PATH`` (to delete; its name marks the
recording's processes), ``session PATH``, ``done``. The end of the stream without ``done`` means that the recorder died.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

MARK = "DLPROF_LANE"
"""The environment variable by which a lane's processes are known, also those that left its process group."""
_ROUNDS = 50
_ROUND_SECONDS = 0.02


@dataclass
class Left:
    """What a dead recorder leaves behind: process groups, folders, sessions."""

    groups: set[int] = field(default_factory=set)
    folders: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)


def watch(lines: Iterable[str]) -> Left:
    """What is left behind once `lines` end."""
    left = Left()
    for line in lines:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "add":
            left.groups.add(int(rest))
        elif word == "drop":
            left.groups.discard(int(rest))
        elif word == "folder":
            left.folders.append(rest)
        elif word == "session":
            left.sessions.append(rest)
        elif word == "done":
            return Left()
    return left


def kill_marked(mark: str) -> None:
    """Kill every process that was started with a MARK that begins with `mark`, until there are none. Linux alone."""
    needle = f"\0{MARK}={mark}".encode()
    for _ in range(_ROUNDS):
        marked = [pid for pid in _pids() if needle in b"\0" + _environment(pid)]
        if not marked:
            return
        for pid in marked:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_ROUND_SECONDS)


def settle(session: str) -> None:
    """Make what the recorder wrote one plain file, as it would have done at its end.

    The session stays incomplete. On a network file system this takes back a write that was cut in the middle, which a
    reader may not do.
    """
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{Path(session).as_uri()}?mode=rw", uri=True)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")


def main() -> None:
    """Watch until the recorder is done or gone."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    left = watch(sys.stdin)
    for group in left.groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    for folder in left.folders:
        kill_marked(Path(folder).name)
        shutil.rmtree(folder, ignore_errors=True)
    for session in left.sessions:
        settle(session)


def _pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 - half the time
    except OSError:
        return []


def _environment(pid: int) -> bytes:
    """As it was at the process's start; empty where it is another user's, or is gone."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    main()
