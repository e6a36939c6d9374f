"""The ratio of two lanes of one recording, from turns that ran next to each other."""

from __future__ import annotations

import numpy as np

from dlprof.session.estimators import interquartile_mean
from dlprof.session.turn_medians import TurnMedians

FEWEST_TURNS = 3
"""Pairs of turns that a ratio needs."""


def paired_log_ratio(first: TurnMedians, second: TurnMedians) -> tuple[float, float] | None:
    """Logarithm of the second's step over the first's, and its standard error within these two starts.

    Turns with the same index ran next to each other, so the machine's drift cancels turn by turn; the centre is the
    interquartile mean. None with fewer than FEWEST_TURNS pairs.
    """
    _, of_a, of_b = np.intersect1d(first.turns, second.turns, assume_unique=True, return_indices=True)
    of_first, of_second = first.medians_ns[of_a], second.medians_ns[of_b]
    usable = (of_first > 0) & (of_second > 0)
    if np.count_nonzero(usable) < FEWEST_TURNS:
        return None
    centre = interquartile_mean(np.log(of_second[usable] / of_first[usable]))
    return centre.mean, centre.standard_error
