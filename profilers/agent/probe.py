"""Forward and backward time of a program that has no clock inside: parts of it, compiled apart and timed.

The parts work on copied state. Before each runs a whole step on that state, so that a part finds the caches as
training leaves them. What a call of any part costs (dispatch, arguments, waiting) is measured with a part that computes
nothing, and taken off.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from dlprof.profilers.agent.protocol import ProbeTimes

MIN_ROUNDS = 3
MAX_ROUNDS = 25
ENOUGH_NS = 50_000_000


class Parts(NamedTuple):
    """Programs over one batch; each returns when its result is there."""

    step: Callable[[], None]
    """Not timed."""
    nothing: Callable[[], None]
    forward: Callable[[], None]
    forward_and_backward: Callable[[], None]


def probe(parts: Parts) -> ProbeTimes:
    """Forward and backward, ns: differences of the timed parts' medians, called in turn.

    The first probe is to be thrown away: its calls compile. A single probe of a part that takes some microseconds may
    come out below zero; the median of many does not.
    """
    timed = (parts.nothing, parts.forward, parts.forward_and_backward)
    rounds: list[list[int]] = []
    begin = time.perf_counter_ns()
    while len(rounds) < MIN_ROUNDS or (len(rounds) < MAX_ROUNDS and time.perf_counter_ns() - begin < ENOUGH_NS):
        rounds.append([_time(part, parts.step) for part in timed])
    nothing, forward, both = (median(times) for times in zip(*rounds))
    return round(forward - nothing), round(both - forward)


def _time(part: Callable[[], None], step: Callable[[], None]) -> int:
    step()
    begin = time.perf_counter_ns()
    part()
    return time.perf_counter_ns() - begin
