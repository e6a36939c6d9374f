"""What data a task was trained on, as the recorder told when it had prepared them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlprof.session.figures import grouped
from dlprof.session.history import SessionHistory

SYNTHETIC = "synthetic"
_SHORT_DIGEST = 12


def data_used(session: SessionHistory, task: str) -> Mapping[str, Any]:
    """`data` (SYNTHETIC, a name or a path), `samples`, `held_out`, `bytes`; of files `files`, `source_bytes`, `sha256`.

    Empty where the session does not tell.
    """
    return next((e.data for e in session.events if e.kind == "prepared" and e.data.get("task") == task), {})


def identity(used: Mapping[str, Any]) -> str | None:
    """What tells these data from others, whatever they are called; None where that was not told."""
    if used.get("data") == SYNTHETIC:
        return SYNTHETIC
    if "sha256" not in used:
        return None
    return f"{_count(used, 'samples')} samples of {_digest(used)}"


def sentence(used: Mapping[str, Any]) -> str | None:
    """The data in one line; None where they were not told."""
    if "data" not in used:
        return None
    size = f"{used['bytes'] / 1e6:,.1f} MB" if "bytes" in used else "size unknown"
    source = f", of {_digest(used)}" if "sha256" in used else ""
    return (
        f"data: {used['data']}{source}; {_count(used, 'samples')} samples ({size}) to train with, "
        f"{_count(used, 'held_out')} held out"
    )


def _count(used: Mapping[str, Any], name: str) -> str:
    return grouped(used[name]) if name in used else "an unknown number of"


def _digest(used: Mapping[str, Any]) -> str:
    return f"sha256 {used['sha256'][:_SHORT_DIGEST]}"
