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

MIN_ROUNDS = 5
MAX_ROUNDS = 25
ENOUGH_NS = 50_000_000


class Parts(NamedTuple):
    """Three programs over one batch with the same arguments; each returns when its result is there."""

    nothing: Callable[[], None]
    forward: Callable[[], None]
    forward_and_backward: Callable[[], None]


def probe(parts: Parts) -> ProbeTimes:
    """Forward and backward, ns: differences of the parts' medians, called in turn, after one call that is not timed.

    A single probe of a part that takes some microseconds may come out below zero; the median of many does not.
    """
    for part in parts:
        part()
    rounds: list[list[int]] = []
    while len(rounds) < MIN_ROUNDS or (len(rounds) < MAX_ROUNDS and sum(map(sum, rounds)) < ENOUGH_NS):
        rounds.append([_time(part) for part in parts])
    nothing, forward, both = (median(times) for times in zip(*rounds))
    return round(forward - nothing), round(both - forward)


def _time(part: Callable[[], None]) -> int:
    begin = time.perf_counter_ns()
    part()
    return time.perf_counter_ns() - begin
