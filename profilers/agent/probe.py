"""Forward and backward time of a program that has no clock inside: parts of it, compiled apart and timed.

The parts work on copied state. What a call of any part costs (dispatch, arguments, waiting) is measured with a part
that computes nothing, and taken off.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from dlprof.profilers.agent.protocol import ProbeTimes

ROUNDS = 5


class Parts(NamedTuple):
    """Three programs over one batch with the same arguments; each returns when its result is there."""

    nothing: Callable[[], None]
    forward: Callable[[], None]
    forward_and_backward: Callable[[], None]


def probe(parts: Parts) -> ProbeTimes:
    """Forward and backward, ns: medians over ROUNDS of each part, called in turn, after one call that is not timed."""
    for part in parts:
        part()
    rounds = [[_time(part) for part in parts] for _ in range(ROUNDS)]
    nothing, forward, both = (median(times) for times in zip(*rounds))
    return max(round(forward - nothing), 0), max(round(both - forward), 0)


def _time(part: Callable[[], None]) -> int:
    begin = time.perf_counter_ns()
    part()
    return time.perf_counter_ns() - begin
