"""What this process itself holds of the host's memory."""

from __future__ import annotations

from pathlib import Path
from typing import Optional


def own_uss() -> Optional[int]:
    """Unique set size of this process, bytes; None where /proc does not tell."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:")))
