"""Ratios of measurements taken in turn, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import mean, median, stdev

from dlprof.session.estimators import t_quantile


def paired_ratio(first: Callable[[int], float], second: Callable[[int], float], pairs: int) -> str:
    """`pairs` measurements of each side, in changing order, as `ratio_of` says them."""
    firsts, seconds = [], []
    for pair in range(pairs):
        sides = [(first, firsts), (second, seconds)]
        for measure, values in sides if pair % 2 == 0 else reversed(sides):
            values.append(measure(pair))
    return ratio_of(firsts, seconds)


def ratio_of(firsts: Sequence[float], seconds: Sequence[float]) -> str:
    """Geometric mean of the paired ratios, 95 % t interval over the pairs, every pair, and typical values."""
    logs = [math.log(a / b) for a, b in zip(firsts, seconds, strict=True)]
    half = t_quantile(0.975, len(logs) - 1) * stdev(logs) / math.sqrt(len(logs))
    low, middle, high = (math.exp(mean(logs) + offset) for offset in (-half, 0.0, half))
    each = " ".join(f"{math.exp(log):.3f}" for log in logs)
    a, b = (sorted(values)[len(values) // 2] for values in (firsts, seconds))
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]  pairs {each}  ms {a:.3f} / {b:.3f}"


def against_neighbours(
    own: Sequence[float | None], before: Sequence[float | None], after: Sequence[float | None]
) -> tuple[float, float]:
    """Each of `own` beside what ran right before and after it: medians, in the unit of all; None is left out.

    The first is that of the neighbours times the median of the ratios, in which the machine's drift cancels.
    """
    known = [
        (one, (first + second) / 2)
        for one, first, second in zip(own, before, after, strict=False)
        if one is not None and first is not None and second is not None
    ]
    beside = median(neighbours for _, neighbours in known)
    return beside * median(one / neighbours for one, neighbours in known), beside
