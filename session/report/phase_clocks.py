"""Which phases of two lanes can be told apart though their clocks see different parts of the work.

What it takes to call an operator from Python lies in the phase where the host's clock timed it. A clock inside a graph
has none of it in its phases: a graph is called once, which is in `other`, and nobody knows a phase's share of that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from dlprof.session.report.judging import FIRST, SAME, Pair

Starts = Sequence[Mapping[str, Any]]
"""The report's entries of a lane's starts."""


def calls_could_decide(lanes: Mapping[str, Starts], phase: str, first: str, second: str, found: Pair) -> str | None:
    """Why `found`, of a phase of two lanes, may not be said; None where it also holds with the call of a graph on top.

    The most that the call can add to a phase is all of `other`.
    """
    faster, slower = (first, second) if found.verdict == FIRST else (second, first)
    pairs = ((faster, slower), (slower, faster)) if found.verdict == SAME else ((faster, slower),)
    for graph, eager in pairs:
        clocks = [lanes[lane][0]["phases"][phase]["clock"] for lane in (graph, eager)]
        most, least = _ms(lanes[graph], phase) + _ms(lanes[graph], "other"), _ms(lanes[eager], phase)
        if clocks == ["in-graph", "host"] and not most < least:
            return f"what it takes to call {graph}'s graph is in its other, and could decide"
    return None


def _ms(starts: Starts, phase: str) -> float:
    """The mean of the starts' medians of a phase, ms; not a number where it is not measured."""
    medians = [start["phases"][phase]["median_ms"] for start in starts]
    return fmean(math.nan if median is None else median for median in medians)
