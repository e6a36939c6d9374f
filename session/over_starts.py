"""A ratio of two lanes over the starts of their processes.

One start of a process differs from the next however much was measured in either, so the i-th starts of two lanes make
one independent ratio, and Student's t over these gives the interval (Kalibera and Jones 2013). With fewer than three
the spread from start to start is assumed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlprof.session.effects import Doubt, Effect

ASSUMED_START_SPREAD = 0.028
"""Standard deviation of the ratio of two processes from start to start, where it is not measured: 2 % for each
process, the upper end of what a quiet machine shows."""
MEASURED_FROM = 3
"""Starts from which their spread counts as measured. Of two, t is so wide (12.7) that it tells less."""


@dataclass(frozen=True)
class OverStarts:
    """A ratio over the starts, and what it rests on."""

    effect: Effect
    starts: int
    turn_error: float
    """Standard error within a start, from the spread of its turns."""
    start_spread: float
    spread_is_assumed: bool


def over_starts(found: Sequence[tuple[float, float]], assumed_spread: float = ASSUMED_START_SPREAD) -> OverStarts:
    """The ratio from its logarithm in each of the starts, and that one's standard error; at least one."""
    ratios, within = np.array(found).T
    starts, centre = len(found), float(ratios.mean())
    turn_error = math.sqrt(float((within**2).mean()))
    measured = float(ratios.std(ddof=1)) if starts > 1 else 0.0
    if starts >= MEASURED_FROM:
        effect = Effect(centre, measured / math.sqrt(starts), starts - 1, assumed=False)
        return OverStarts(effect, starts, turn_error, measured, spread_is_assumed=False)
    assumed = math.hypot(assumed_spread, turn_error)
    effect = Effect(centre, max(measured, assumed) / math.sqrt(starts), None, assumed=True)
    spread = measured if measured > assumed else assumed_spread
    return OverStarts(effect, starts, turn_error, spread, spread_is_assumed=measured <= assumed)


def why_undecided(over: OverStarts, margin: float) -> Doubt:
    """The doubt behind a verdict that is inconclusive."""
    if over.turn_error > ASSUMED_START_SPREAD:
        return Doubt("the turns differ too much from one another")
    if over.starts < MEASURED_FROM:
        return Doubt(f"fewer than {MEASURED_FROM} repeats, and no large difference")
    if abs(over.effect.log) > math.log1p(margin):
        return Doubt("the repeats differ too much", "the interval includes 1")
    return Doubt("within the margin, but the interval reaches beyond it")
