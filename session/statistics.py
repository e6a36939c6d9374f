"""What is computed from the steps of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.session.history import Steps

FEWEST_TURNS = 6
"""Turns that an interval over turns needs."""
FEWEST_STEPS = 3
"""A turn with fewer steps has no median to speak of."""


@dataclass(frozen=True)
class Spread:
    """Median, 95th percentile, mean and last value of a duration, ns. None where nothing was measured."""

    median_ns: float | None
    p95_ns: float | None
    mean_ns: float | None
    last_ns: float | None


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


@dataclass(frozen=True)
class NotAvailable:
    """A figure that there is none of, and why."""

    reason: str


SAMPLED = 2048
"""Values that tell where a quantile of many more is to be looked for."""
_TOTAL_BITS = 40
"""Enough for a step of 18 minutes, ns."""
_TOTAL_MASK = (1 << _TOTAL_BITS) - 1

NOTHING = Spread(None, None, None, None)


def spread(values: NDArray[np.float64]) -> Spread:
    """The spread of `values`, shape (steps,), NaN where not available."""
    known = values[~np.isnan(values)]
    if not len(known):
        return NOTHING
    mean, last = float(known.mean()), float(known[-1])
    median, p95 = quantiles(known, 0.5, 0.95)
    return Spread(median, p95, mean, last)


def quantiles(values: NDArray[np.float64], *shares: float) -> list[float]:
    """The quantiles of `values`, shape (n,), n >= 1, at `shares` (0 to 1), as `np.percentile` gives them.

    `values` may be in another order afterwards.
    """
    sample = np.sort(values[:: len(values) // SAMPLED]) if len(values) > 2 * SAMPLED else None
    found = []
    for share in shares:
        rank, between = divmod(share * (len(values) - 1), 1)
        low, high = _two_in_order(values, int(rank)) if sample is None else _two_near(values, int(rank), sample)
        found.append(low + (high - low) * between)
    return found


def _two_near(values: NDArray[np.float64], rank: int, sample: NDArray[np.float64]) -> tuple[float, float]:
    """See `_two_in_order`: looked for among few, which on a million values takes a third of the time.

    `sample`, in order, says between which values they are (Floyd and Rivest 1975); where it was wrong, among all.
    """
    share = rank / len(values)
    reach = 4 * math.sqrt(share * (1 - share) * len(sample)) + 2
    first, last = (round(share * len(sample) + sign * reach) for sign in (-1, 1))
    low, high = sample[max(first, 0)], sample[min(last, len(sample) - 1)]
    near, below = values[(values >= low) & (values <= high)], int(np.count_nonzero(values < low))
    if below <= rank and rank + 1 < below + len(near):
        return _two_in_order(near, rank - below)
    return _two_in_order(values, rank)


def _two_in_order(values: NDArray[np.float64], rank: int) -> tuple[float, float]:
    """The value at place `rank` of `values` in order, from 0, and the next one, or the same where it is the last."""
    values.partition(rank)
    above = values[rank + 1 :]
    return float(values[rank]), float(above.min() if len(above) else values[rank])


def samples_per_second(counted: Steps, batch_size: int) -> float | None:
    """Samples trained per second of counted stepping."""
    total = float(counted.column("total_ns").sum())
    return len(counted) * batch_size / (total / 1e9) if total > 0 else None


def group_numbers(labels: NDArray[Any]) -> NDArray[np.intp]:
    """Neighbours with equal labels as groups numbered from 0; both of shape (values,)."""
    return np.cumsum(np.diff(labels, prepend=labels[:1]) != 0)


def turn_medians(steps: Steps, fewest: int = FEWEST_STEPS, column: str = "total_ns") -> TurnMedians:
    """The median step of each turn that has at least `fewest` of `steps`; or the median of another of its durations.

    A turn in which any of them is not available has none.
    """
    turns, group = steps.column("turn"), group_numbers(steps.column("turn"))
    durations = steps.column(column)
    totals = np.clip(np.nan_to_num(durations), 0, _TOTAL_MASK).astype(np.int64)
    ordered = np.sort(group << _TOTAL_BITS | totals) & _TOTAL_MASK  # many times as fast as a sort by two keys
    counts = np.bincount(group)
    first = np.cumsum(counts) - counts
    medians = (ordered[first + (counts - 1) // 2] + ordered[first + counts // 2]) / 2
    enough = (counts >= fewest) & ~np.isnan(np.bincount(group, durations))
    return TurnMedians(turns[first[enough]], medians[enough])


def median_interval(counted: Steps) -> tuple[float, float] | None:
    """95 % interval of the median step, ns: the turn medians whose ranks the binomial distribution gives.

    Steps of one turn resemble each other, so the turn is the unit. None with fewer than six turns, which no such
    interval of 95 % has (David and Nagaraja 2003, 7.1). It covers what varies within one recording, not what varies
    from one start of a process to the next.
    """
    return middle_interval(turn_medians(counted).medians_ns)


def middle_interval(values: NDArray[np.float64]) -> tuple[float, float] | None:
    """95 % interval of the median of what `values`, shape (n,), were drawn from; None with fewer than six."""
    medians = np.sort(values)
    count = len(medians)
    if count < FEWEST_TURNS:
        return None
    rank = max(0, math.floor((count - 1 - NormalDist().inv_cdf(0.975) * math.sqrt(count)) / 2))
    return float(medians[rank]), float(medians[count - 1 - rank])
