"""Whether the recorder that a session names still writes it."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RecorderEntry:
    """The process that writes a session: its number, its host, and when it started, as `process_start` tells it."""

    pid: int
    host: str
    start: str

    def is_running(self) -> bool:
        """Whether this very process still runs, on this host."""
        return self.host == platform.node() and process_start(self.pid) == self.start


def own_entry() -> dict[str, Any]:
    """The entry of this process, as a session's description holds it under `recorder`."""
    pid = os.getpid()
    return asdict(RecorderEntry(pid, platform.node(), process_start(pid) or ""))


def recorder_entry(meta: Mapping[str, Any]) -> RecorderEntry | None:
    """The recorder that `meta` names; None where it names none that can be told from other processes."""
    said = meta.get("recorder")
    if not isinstance(said, dict):
        return None
    pid, host, start = said.get("pid"), said.get("host"), said.get("start")
    if type(pid) is not int or not 0 < pid < 1 << 31 or not isinstance(host, str) or not isinstance(start, str):
        return None
    return RecorderEntry(pid, host, start) if start else None


def is_live(meta: Mapping[str, Any]) -> bool:
    """Whether the recorder named in `meta` runs on this host and has not finished."""
    entry = recorder_entry(meta)
    return not meta.get("complete") and entry is not None and entry.is_running()


def other_host(meta: Mapping[str, Any]) -> str | None:
    """The host that alone can tell whether the session of `meta` still goes on; None where that is this one."""
    entry = recorder_entry(meta)
    if meta.get("complete") or entry is None or entry.host == platform.node():
        return None
    return entry.host


def process_start(pid: int) -> str | None:
    """When `pid` started: a text that no other process with its number has. None where it is gone or has ended.

    Linux counts from the machine's boot (proc(5)), so that setting the clock changes nothing.
    """
    boot = _text("/proc/sys/kernel/random/boot_id")
    if boot is None:
        return _start_by_ps(pid)
    stat = _text(f"/proc/{pid}/stat")
    if stat is None:
        return None
    fields = stat.rpartition(")")[2].split()  # the second field, a name in parentheses, may hold anything
    return None if fields[0] in "ZX" else f"{boot.strip()}:{fields[19]}"


def _start_by_ps(pid: int) -> str | None:
    """Where there is no /proc: macOS keeps the time at which a process started."""
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC0"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
    except OSError:
        return None
    state, _, start = done.stdout.strip().partition(" ")
    return None if done.returncode or state.startswith("Z") else start.strip() or None


def _text(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
