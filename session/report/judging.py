"""One quantity of several lanes: each lane's figure over its starts, and which lane is best, where that can be said."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.session.effects import MARGIN, Finding
from dlprof.session.estimators import t_quantile
from dlprof.session.figures import known
from dlprof.session.over_starts import MEASURED_FROM, over_starts, why_undecided
from dlprof.session.paired_turns import paired_log_ratio
from dlprof.session.phases import PROBE
from dlprof.session.turn_medians import TurnMedians

FIRST, SECOND, SAME, INCONCLUSIVE = "first", "second", "same", "inconclusive"
"""Verdicts on two lanes: which one is better."""
OVER_STARTS, OVER_TURNS, SPAN = "starts", "turns", "span"
"""What an interval is: of the mean over starts (95 %, Student's t), of the median within one start (95 %, over its
turns), or the values of two starts themselves."""


@dataclass(frozen=True, eq=False)
class Measured:
    """What one start of a lane says of one quantity, in the quantity's unit.

    `clock`: of a duration. `series`: what a size was taken from; sizes of different series are not compared. `note`:
    what to show beside it. `interval`: 95 %, within this start. `turns`: the medians that can be paired with another
    lane's. `reason`: why there is no value.
    """

    repeat: int
    value: float | None
    clock: str = ""
    note: str = ""
    reason: str | None = None
    interval: tuple[float, float] | None = None
    turns: TurnMedians | None = None
    series: str = ""


Lanes = Mapping[str, Sequence[Measured]]
"""The starts of each lane, none of which failed."""


@dataclass(frozen=True)
class Pair:
    """A verdict on two lanes. `ratio`: the second's value over the first's, with its 95 % interval."""

    verdict: str
    reason: str | None = None
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    starts: int = 0
    start_spread: float = 0.0
    spread_is_assumed: bool = False


Judge = Callable[[str, str], Pair]


def figure(starts: Sequence[Measured]) -> dict[str, Any]:
    """A lane's figure: the mean over its starts, with the interval that so many starts allow.

    Geometric, so that twice and half are equally far off and no interval of a duration reaches below 0; arithmetic
    where a value is not above 0, as growth can be.
    """
    values = [start.value for start in starts if start.value is not None]
    if not values:
        reason = next((start.reason for start in starts if start.reason), "not measured")
        return {**known("value", None, reason), "starts": 0}
    value, low, high, basis = _over([start for start in starts if start.value is not None], np.array(values))
    kinds = dict.fromkeys(start.clock or start.series for start in starts if start.value is not None)
    notes = dict.fromkeys(start.note for start in starts if start.value is not None and start.note)
    return {
        "value": value,
        "low": low,
        "high": high,
        "interval": basis,
        "starts": len(values),
        "kind": " and ".join(filter(None, kinds)),
        **({"note": ", ".join(notes)} if notes else {}),
    }


def _over(
    starts: Sequence[Measured], values: NDArray[np.float64]
) -> tuple[float, float | None, float | None, str | None]:
    """Mean, ends of the interval, and what the interval is; `values` are those of `starts`, shape (starts,)."""
    scaled, back = (np.log(values), math.exp) if (values > 0).all() else (values, float)
    mean = float(scaled.mean())
    if len(values) >= MEASURED_FROM:
        half = t_quantile(0.975, len(values) - 1) * float(scaled.std(ddof=1)) / math.sqrt(len(values))
        return back(mean), back(mean - half), back(mean + half), OVER_STARTS
    if len(values) > 1:
        ends = [end for start, value in zip(starts, values, strict=True) for end in start.interval or (value,)]
        return back(mean), float(min(ends)), float(max(ends)), SPAN
    only = float(values[0])
    return (only, None, None, None) if starts[0].interval is None else (only, *starts[0].interval, OVER_TURNS)


def judge_of(lanes: Lanes, smaller_is_better: bool, assumed_spread: float) -> Judge:
    """Verdicts from the ratios of starts: by paired turns where there are any, else of the values themselves."""
    return lambda first, second: _judged(lanes[first], lanes[second], smaller_is_better, assumed_spread)


WhyNot = Callable[[str, str, Pair], str | None]
"""Why what was found of two lanes may not be said of them; None where it may."""


def unless(judge: Judge, why_not: WhyNot) -> Judge:
    """`judge`, but inconclusive where `why_not` says why."""

    def doubted(first: str, second: str) -> Pair:
        found = judge(first, second)
        why = None if found.verdict == INCONCLUSIVE else why_not(first, second, found)
        return found if why is None else replace(found, verdict=INCONCLUSIVE, reason=why)

    return doubted


def _judged(
    first: Sequence[Measured], second: Sequence[Measured], smaller_is_better: bool, assumed_spread: float
) -> Pair:
    known = [start for start in (*first, *second) if start.value is not None]
    if any(start.clock == PROBE for start in known):
        return Pair(INCONCLUSIVE, "an estimate from probes names no winner")
    series = sorted({start.series for start in known})
    if len(series) > 1:
        return Pair(INCONCLUSIVE, f"taken from different series: {' and '.join(series)}")
    others = {start.repeat: start for start in second}
    pairs = [_log_ratio(start, others[start.repeat]) for start in first if start.repeat in others]
    found = [pair for pair in pairs if pair is not None]
    if not found:
        return Pair(INCONCLUSIVE, "too few turns of both, or no value above 0")
    over = over_starts(found, assumed_spread)
    finding = over.effect.finding(MARGIN, over.effect.chance(MARGIN))
    better = {Finding.ABOVE: FIRST, Finding.BELOW: SECOND, Finding.SAME: SAME}
    if not smaller_is_better:
        better |= {Finding.ABOVE: SECOND, Finding.BELOW: FIRST}
    return Pair(
        better.get(finding, INCONCLUSIVE),
        str(why_undecided(over, MARGIN)) if finding is Finding.UNDECIDED else None,
        over.effect.ratio,
        over.effect.interval,
        over.starts,
        over.start_spread,
        over.spread_is_assumed,
    )


def _log_ratio(first: Measured, second: Measured) -> tuple[float, float] | None:
    """Logarithm of the second's value over the first's, and its standard error within these two starts."""
    if first.turns is not None and second.turns is not None:
        return paired_log_ratio(first.turns, second.turns)
    if not (first.value and second.value and first.value > 0 and second.value > 0):
        return None
    return math.log(second.value / first.value), 0.0


def judged(lanes: Lanes, judge: Judge, smaller_is_better: bool) -> dict[str, Any]:
    """Every pair's verdict, and the winner: the lane that is better than each other one; or why there is none.

    `by` is the pair that says so: the winner and the next, or the first two that cannot be told apart.
    """
    names = [lane for lane, starts in lanes.items() if any(start.value is not None for start in starts)]
    pairs = {pair: judge(*pair) for pair in combinations(names, 2)}
    rows = [_pair(*pair, found) for pair, found in pairs.items()]
    if not pairs:
        return {"pairs": rows, **known("winner", None, "nothing to compare"), "by": None}
    winner = next((lane for lane in names if _wins_all(lane, pairs)), None)
    if winner is not None:
        return {"pairs": rows, "winner": winner, **_lead(winner, pairs)}
    return {"pairs": rows, **_undecided(lanes, names, pairs, smaller_is_better)}


def _pair(first: str, second: str, found: Pair) -> dict[str, Any]:
    reason = {} if found.reason is None else {"reason": found.reason}
    return {
        "pair": [first, second],
        "better": found.verdict,
        **known("ratio", found.ratio, found.reason or "not known"),
        "ci95": list(found.interval) if found.interval else None,
        "starts": found.starts,
        "start_spread": {"sd": found.start_spread, "assumed": found.spread_is_assumed},
        **reason,
    }


def _wins_all(lane: str, pairs: Mapping[tuple[str, str], Pair]) -> bool:
    return all(found.verdict == (FIRST, SECOND)[pair.index(lane)] for pair, found in pairs.items() if lane in pair)


def _lead(winner: str, pairs: Mapping[tuple[str, str], Pair]) -> dict[str, Any]:
    """By how much the winner is ahead of the next: the smallest of its leads, as a ratio above 1."""
    leads = []
    for pair, found in pairs.items():
        if winner in pair and found.ratio is not None and found.interval is not None:
            ratio, (low, high) = found.ratio, found.interval
            upright = (ratio, low, high) if ratio >= 1 else (1 / ratio, 1 / high, 1 / low)
            leads.append((*upright, pair))
    ratio, low, high, (first, second) = min(leads)
    over = second if winner == first else first
    return {"ahead_of": over, "ratio": ratio, "ci95": [low, high], "by": [first, second]}


def _undecided(
    lanes: Lanes, names: Sequence[str], pairs: Mapping[tuple[str, str], Pair], smaller_is_better: bool
) -> dict[str, Any]:
    """Why there is no winner: what is said of the best lane and of the best of those that it does not beat."""
    sign = 1 if smaller_is_better else -1
    order = sorted(names, key=lambda lane: sign * figure(lanes[lane])["value"])
    best = order[0]
    first, second = next(
        pair
        for other in order[1:]
        for pair in pairs
        if {*pair} == {best, other} and pairs[pair].verdict != (FIRST, SECOND)[pair.index(best)]
    )
    found = pairs[first, second]
    if all(pair.verdict == SAME for pair in pairs.values()):
        why = f"the same within {MARGIN:.0%}"
    elif found.verdict == SAME:
        why = f"{first} and {second} are the same within {MARGIN:.0%}"
    else:
        why = f"{first} and {second}: {found.reason or INCONCLUSIVE}"
    return {**known("winner", None, why), "by": [first, second]}
