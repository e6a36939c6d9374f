"""A small process that outlives its recorder: when the recorder is gone, it kills the lanes, stopped ones too.

Started as a file. Reads lines from stdin: ``add PGID``, ``drop PGID``, ``folder PATH`` (to delete), ``done``. The end
of the stream without ``done`` means that the recorder died.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterable


def watch(lines: Iterable[str]) -> tuple[set[int], list[str]]:
    """The process groups to kill and the folders to delete, once `lines` end."""
    groups: set[int] = set()
    folders: list[str] = []
    for line in lines:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "add":
            groups.add(int(rest))
        elif word == "drop":
            groups.discard(int(rest))
        elif word == "folder":
            folders.append(rest)
        elif word == "done":
            return set(), []
    return groups, folders


def main() -> None:
    """Watch until the recorder is done or gone."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    groups, folders = watch(sys.stdin)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
