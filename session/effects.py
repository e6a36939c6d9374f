"""How large a difference is, how sure that is, and what may be said of it.

A difference is the logarithm of a ratio, so that twice as long and half as long are equally far from 1. It is named
where it is beyond the margin and its interval excludes 1. (The whole interval beyond the margin would be the stricter
claim "by more than the margin", which no five repeats could make of a 5 % difference at a margin of 3 %.) It is none
where both one-sided 5 % tests say that the ratio is within the margin, that is where the 90 % interval lies inside it
(TOST: Schuirmann 1987).

Where a spread is not measured but assumed, the assumption may be wrong and earns no doubt in its favour: then the
whole interval has to lie beyond the margin before a difference is named.

Where many differences are looked at together, one of them is named wrongly more often than each alone. Holm's
step-down (1979) holds the share of families in which that happens to 5 %, however the differences hang together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import NormalDist

from dlprof.session.estimators import t_quantile, t_tails

MARGIN = 0.03
"""A smaller difference is none worth naming."""
LEVEL = 0.05
"""How often a difference may be named that is none."""

_LARGEST = 700.0


class Finding(Enum):
    """What an effect allows to say of a ratio."""

    ABOVE = "above"
    BELOW = "below"
    SAME = "same"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Doubt:
    """Why no difference is named: the reason, and in `detail` its counts and what can be done about it."""

    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


@dataclass(frozen=True)
class Effect:
    """The logarithm of a ratio, its standard error, and Student's degrees of freedom (None: the normal's).

    `assumed`: a part of the error is not measured here.
    """

    log: float
    error: float
    degrees: int | None
    assumed: bool

    @property
    def ratio(self) -> float:
        """The ratio itself."""
        return _exp(self.log)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the ratio."""
        half = self._quantile(1 - LEVEL / 2) * self.error
        return _exp(self.log - half), _exp(self.log + half)

    def chance(self, margin: float) -> float:
        """How often as much or more is seen where there is no difference: p, two-sided.

        Where the error is assumed, no difference means one within `margin` (0.03 is 3 %).
        """
        none = math.log1p(margin) if self.assumed else 0.0
        distance = max(0.0, abs(self.log) - none)
        if not self.error:
            return 1.0 if distance == 0 else 0.0
        distance /= self.error
        return 2 * NormalDist().cdf(-distance) if self.degrees is None else t_tails(distance, self.degrees)

    def named_from(self, margin: float) -> float:
        """The smallest ratio above 1 that would be named, with an error like this."""
        none = math.log1p(margin)
        certain = self._quantile(1 - LEVEL / 2) * self.error
        return _exp(none + certain if self.assumed else max(none, certain))

    def finding(self, margin: float, chance: float) -> Finding:
        """What can be said, if differences of this `chance` are named up to LEVEL."""
        limit = math.log1p(margin)
        if abs(self.log) > limit and chance <= LEVEL:
            return Finding.ABOVE if self.log > 0 else Finding.BELOW
        if abs(self.log) + self._quantile(1 - LEVEL) * self.error < limit:
            return Finding.SAME
        return Finding.UNDECIDED

    def _quantile(self, probability: float) -> float:
        if self.degrees is None:
            return NormalDist().inv_cdf(probability)
        return t_quantile(probability, self.degrees)


def holm(chances: Sequence[float]) -> list[float]:
    """The chances of one family, each adjusted so that those up to LEVEL may be named together (Holm 1979)."""
    adjusted, highest = [1.0] * len(chances), 0.0
    for rank, index in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        highest = max(highest, min(1.0, (len(chances) - rank) * chances[index]))
        adjusted[index] = highest
    return adjusted


def _exp(log: float) -> float:
    """A ratio from its logarithm, as far as a float can hold it."""
    return math.exp(max(-_LARGEST, min(log, _LARGEST)))
