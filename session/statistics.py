"""What is computed from the steps of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from dlprof.session.history import Steps

FEWEST_TURNS = 6
"""Turns that an interval over turns needs."""


@dataclass(frozen=True)
class Spread:
    """Median, 95th percentile, mean and last value of a duration, ns. None where nothing was measured."""

    median_ns: float | None
    p95_ns: float | None
    mean_ns: float | None
    last_ns: float | None


@dataclass(frozen=True)
class NotAvailable:
    """A figure that there is none of, and why."""

    reason: str


FEW = 4096
"""Values among all of which a quantile is looked for."""

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
    sample = np.sort(values[:: sampled_apart(len(values))]) if len(values) > FEW else None
    found = []
    for share in shares:
        rank, between = divmod(share * (len(values) - 1), 1)
        low, high = _two_in_order(values, int(rank)) if sample is None else _two_near(values, int(rank), sample)
        found.append(low + (high - low) * between)
    return found


def sampled_apart(count: int) -> int:
    """How far apart those of `count` values are that tell where a quantile is: so many take least time in all."""
    return round(count ** (1 / 3) / 2)


def _two_near(values: NDArray[np.float64], rank: int, sample: NDArray[np.float64]) -> tuple[float, float]:
    """See `_two_in_order`: looked for among few, which on a million values takes a third of the time.

    `sample`, in order, says between which values they are (Floyd and Rivest 1975); where it was wrong, among all.
    """
    share = rank / len(values)
    reach = 4 * math.sqrt(share * (1 - share) * len(sample)) + 2
    first, last = (round(share * len(sample) + sign * reach) for sign in (-1, 1))
    low, high = sample[max(first, 0)], sample[min(last, len(sample) - 1)]
    near = values.take(np.flatnonzero((values >= low) & (values <= high)))  # a quarter faster than by the mask
    below = int(np.count_nonzero(values < low))
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


def middle_interval(values: NDArray[np.float64]) -> tuple[float, float] | None:
    """95 % interval of the median of what `values`, shape (n,), were drawn from: those whose ranks the binomial
    distribution gives. None with fewer than six, which no such interval of 95 % has (David and Nagaraja 2003, 7.1).

    Steps of one turn resemble each other, so the median of a turn is the unit. The interval covers what varies within
    one recording, not what varies from one start of a process to the next.
    """
    medians = np.sort(values)
    count = len(medians)
    if count < FEWEST_TURNS:
        return None
    rank = max(0, math.floor((count - 1 - NormalDist().inv_cdf(0.975) * math.sqrt(count)) / 2))
    return float(medians[rank]), float(medians[count - 1 - rank])
