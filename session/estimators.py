"""Robust centres, their standard errors, and quantiles of Student's t."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

_EXACT_UP_TO = 30
_NORMAL_FROM = 1000


@dataclass(frozen=True, eq=False)
class Centre:
    """An interquartile mean and each value's influence on it, shape (values,); the influences add up to 0."""

    mean: float
    influences: NDArray[np.float64]

    @property
    def standard_error(self) -> float:
        """Standard error of the mean where the values are independent; NaN for a single one."""
        count = len(self.influences)
        return math.sqrt(float(self.influences @ self.influences) * count / (count - 1)) if count > 1 else math.nan


def interquartile_mean(values: NDArray[np.float64]) -> Centre:
    """The mean of the middle half of `values`, shape (n,), n >= 1.

    As robust as step times need (a quarter may be wild on either side), and on normal noise it needs a fourth fewer
    values than a median for the same precision. Influences are the winsorised deviations of Tukey and McLaughlin
    (1963), over n.
    """
    count = len(values)
    cut = count // 4
    ordered = np.sort(values)
    winsorised = np.clip(values, ordered[cut], ordered[count - cut - 1])
    influences = (winsorised - winsorised.mean()) / (count - 2 * cut)
    return Centre(float(ordered[cut : count - cut].mean()), influences)


@lru_cache(maxsize=256)
def t_quantile(probability: float, degrees: int) -> float:
    """The `probability` quantile (0.5 to 1) of Student's t with `degrees` of freedom.

    Abramowitz and Stegun (1964): the exact sums 26.7.3 and 26.7.4, inverted by bisection; with more than 30 degrees
    the expansion 26.7.5, then right to 1e-5.
    """
    if degrees > _EXACT_UP_TO:
        z = NormalDist().inv_cdf(probability)
        terms = (
            z,
            (z**3 + z) / 4,
            (5 * z**5 + 16 * z**3 + 3 * z) / 96,
            (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        )
        return sum(term / degrees**power for power, term in enumerate(terms))
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, degrees) < 2 * probability - 1 else (low, middle)
    return math.sqrt(degrees) * math.tan(low)


def t_tails(distance: float, degrees: int) -> float:
    """P(|t| > `distance`), `distance` >= 0, for Student's t with `degrees` of freedom; from 1,000 on the normal's."""
    if degrees >= _NORMAL_FROM:
        return 2 * NormalDist().cdf(-distance)
    return max(0.0, 1 - _within(math.atan(distance / math.sqrt(degrees)), degrees))


def _within(angle: float, degrees: int) -> float:
    """P(|t| < sqrt(degrees) tan(angle)) for Student's t."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2
    term, total = cosine if odd else 1.0, 0.0
    for step in range(1 + odd, degrees, 2):
        total += term
        term *= cosine**2 * step / (step + 1)
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
