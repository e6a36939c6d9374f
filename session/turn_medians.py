"""The median step of each turn: the unit of what is said of a run, for steps of one turn resemble each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEWEST_STEPS = 3
"""A turn with fewer steps has no median to speak of."""
_TOTAL_BITS = 40
"""Enough for a step of 18 minutes, ns."""
_TOTAL_MASK = (1 << _TOTAL_BITS) - 1


@dataclass(frozen=True, eq=False)
class TurnMedians:
    """Turns by rising index and the median step of each, ns; both of shape (turns,)."""

    turns: NDArray[np.float64]
    medians_ns: NDArray[np.float64]

    def and_then(self, later: TurnMedians) -> TurnMedians:
        """These and those of later turns."""
        turns, medians_ns = (self.turns, later.turns), (self.medians_ns, later.medians_ns)
        return TurnMedians(np.concatenate(turns), np.concatenate(medians_ns))

    def up_to(self, turn: int) -> TurnMedians:
        """Those of the turns up to that index."""
        count = int(np.searchsorted(self.turns, turn, side="right"))
        return TurnMedians(self.turns[:count], self.medians_ns[:count])


NO_TURNS = TurnMedians(np.empty(0), np.empty(0))


def group_numbers(labels: NDArray[Any]) -> NDArray[np.intp]:
    """Neighbours with equal labels as groups numbered from 0; both of shape (values,)."""
    return np.cumsum(np.diff(labels, prepend=labels[:1]) != 0)


def turn_medians(turns: NDArray[np.float64], durations: NDArray[np.float64]) -> TurnMedians:
    """The median of each turn's `durations`, ns, of steps in the order of their `turns`; both of shape (steps,).

    A turn with fewer than FEWEST_STEPS, or in which a duration is not available, has none.
    """
    group = group_numbers(turns)
    totals = np.clip(np.nan_to_num(durations), 0, _TOTAL_MASK).astype(np.int64)
    ordered = np.sort(group << _TOTAL_BITS | totals) & _TOTAL_MASK  # many times as fast as a sort by two keys
    counts = np.bincount(group)
    first = np.cumsum(counts) - counts
    medians = (ordered[first + (counts - 1) // 2] + ordered[first + counts // 2]) / 2
    enough = (counts >= FEWEST_STEPS) & ~np.isnan(np.bincount(group, durations))
    return TurnMedians(turns[first[enough]], medians[enough])
