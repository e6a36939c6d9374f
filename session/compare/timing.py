"""How the recordings of two sides lie in time: what their spread says of the difference between the sides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from itertools import pairwise


class Timing(Enum):
    """How two sides lie in time."""

    IN_TURN = "in turn"
    """One of either side, again and again: what changes slowly cancels pair by pair."""
    TOGETHER = "together"
    """The recordings of a side are as far apart as the sides are: their spread has the drift in it."""
    APART = "apart"
    """The sides are further apart than the recordings of either: a spread over minutes says nothing of days."""


def timing(baseline: Sequence[str], candidate: Sequence[str]) -> Timing:
    """The timing of recordings started at these moments, ISO 8601, each side in order; one not known is far away."""
    sides = [[_seconds(moment) for moment in side] for side in (baseline, candidate)]
    first, second = ([moment for moment in side if moment is not None] for side in sides)
    if len(first) < len(baseline) or len(second) < len(candidate):
        return Timing.APART
    if len(first) == len(second):
        pairs = list(zip(first, second, strict=True))
        if all(max(before) < min(after) for before, after in pairwise(pairs)):
            return Timing.IN_TURN
    gap = max(second[0] - first[-1], first[0] - second[-1])
    span = max(side[-1] - side[0] for side in (first, second))
    return Timing.APART if gap > span else Timing.TOGETHER


def _seconds(moment: str) -> float | None:
    try:
        return datetime.fromisoformat(moment).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
