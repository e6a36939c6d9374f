"""Where the control groups of this process keep their files."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


def cgroup_files(controller: str, v2: str, v1: str) -> list[Path]:
    """Where the file of `controller` may be, by its name in either version: this process's own group, then the root.

    In a container the own group is often the root that it sees.
    """
    try:
        groups = Path("/proc/self/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return candidates(groups, controller, v2, v1)


def candidates(groups: str, controller: str, v2: str, v1: str) -> list[Path]:
    """As `cgroup_files`, for the text of /proc/self/cgroup."""
    files = []
    for line in groups.splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            files += [_ROOT / path.lstrip("/") / v2, _ROOT / v2]
        elif controller in controllers.split(","):
            files += [_ROOT / controller / path.lstrip("/") / v1, _ROOT / controller / v1]
    return files
