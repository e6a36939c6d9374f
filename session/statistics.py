"""What is computed from the steps of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlprof.session.history import Steps
from dlprof.session.records import PHASES

RESAMPLES = 1000


@dataclass(frozen=True)
class Spread:
    """Median, 95th percentile, mean and last value of a duration, ns. None where nothing was measured."""

    median_ns: float | None
    p95_ns: float | None
    mean_ns: float | None
    last_ns: float | None


NOTHING = Spread(None, None, None, None)


def spread(values: NDArray[np.float64]) -> Spread:
    """The spread of `values`, shape (steps,), NaN where not available."""
    known = values[~np.isnan(values)]
    if not len(known):
        return NOTHING
    median, p95 = np.percentile(known, [50, 95])
    return Spread(float(median), float(p95), float(known.mean()), float(known[-1]))


def phase_spreads(counted: Steps) -> dict[str, Spread]:
    """The spread of each phase and of ``step``, over steps that count."""
    spreads = {phase: spread(counted.column(f"{phase}_ns")) for phase in PHASES}
    return {**spreads, "step": spread(counted.column("total_ns"))}


def samples_per_second(counted: Steps, batch_size: int) -> float | None:
    """Samples trained per second of counted stepping."""
    total = float(counted.column("total_ns").sum())
    return len(counted) * batch_size / (total / 1e9) if total else None


def turn_medians(counted: Steps) -> NDArray[np.float64]:
    """The median step of each turn, ns, shape (turns,)."""
    turns, totals = counted.column("turn"), counted.column("total_ns")
    return np.array([np.median(totals[turns == turn]) for turn in np.unique(turns)])


def median_interval(counted: Steps, seed: int = 0) -> tuple[float, float] | None:
    """95 % percentile-bootstrap interval of the median step, ns; whole turns are resampled.

    Steps of one turn resemble each other, so the turn is the unit (Efron and Tibshirani 1993, ch. 8, blocks). It
    covers what varies within one recording, not what varies from one start of a process to the next.
    """
    medians = turn_medians(counted)
    if len(medians) < 3:
        return None
    low, high = np.percentile(_resampled_medians(medians, seed), [2.5, 97.5])
    return float(low), float(high)


def ratio_interval(first: Steps, second: Steps, seed: int = 0) -> tuple[float, float, float] | None:
    """Median step of `second` over that of `first`, with its 95 % bootstrap interval (ratio, low, high).

    None with fewer than three turns on either side.
    """
    a, b = turn_medians(first), turn_medians(second)
    if len(a) < 3 or len(b) < 3:
        return None
    ratio = float(np.median(second.column("total_ns")) / np.median(first.column("total_ns")))
    low, high = np.percentile(_resampled_medians(b, seed + 1) / _resampled_medians(a, seed), [2.5, 97.5])
    return ratio, float(low), float(high)


def _resampled_medians(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    draws = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    return np.median(values[draws], axis=1)
