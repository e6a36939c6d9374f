"""Which of two lanes steps faster, and how sure that is.

Two things vary. Within a recording the machine drifts: turns of two lanes with the same index ran next to each other,
so the ratio is taken turn by turn and drift cancels. And one start of a process differs from the next, by layout in
memory, thread placement and what the framework chose at start: no number of steps in one start shows that, repeats do
(Kalibera and Jones 2013: repeat at the level that varies). The i-th repeats of two lanes make one independent ratio;
over the repeats Student's t gives the interval, whatever the spread within each.

A lane is named faster where the ratio is beyond the margin and the 95 % interval excludes 1. (The whole interval
beyond the margin would be the stricter claim "faster by more than the margin", which no five repeats could make of a
5 % difference at a margin of 3 %.) Two lanes are the same where both one-sided 5 % tests say that the ratio is within
the margin, that is where the 90 % interval lies inside it (TOST: Schuirmann 1987).

With fewer than three repeats the spread of starts is not measured but assumed. An assumption that may be wrong earns
no doubt in its favour: then the whole interval has to lie beyond the margin before a lane is named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np

from dlprof.session.estimators import interquartile_mean, t_quantile
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.statistics import turn_medians

MARGIN = 0.03
"""A smaller difference is none worth naming."""
ASSUMED_START_SPREAD = 0.028
"""Standard deviation of the ratio of two processes from start to start, where it is not measured: 2 % for each
process, the upper end of what a quiet machine shows."""
MEASURED_FROM = 3
"""Repeats from which the spread of starts counts as measured. Of two, t is so wide (12.7) that it tells less."""
FEWEST_TURNS = 3
"""Pairs of turns that a repeat needs."""
FIRST_FASTER, SECOND_FASTER, SAME, INCONCLUSIVE = "first faster", "second faster", "same", "inconclusive"


@dataclass(frozen=True)
class Estimate:
    """Step of the second lane over that of the first, with its 95 % interval."""

    ratio: float
    low: float
    high: float
    repeats: int
    start_spread: float
    """Standard deviation of the ratio from one start of the two processes to the next, 0.01 is 1 %."""
    spread_is_assumed: bool


@dataclass(frozen=True)
class Comparison:
    """A verdict on two lanes; `reason` says why it is inconclusive."""

    verdict: str
    reason: str | None
    estimate: Estimate | None


def lane_comparisons(
    history: SessionHistory, task: str, margin: float = MARGIN
) -> Iterator[tuple[str, str, Comparison]]:
    """Every two lanes of `task` that have steps that count: first, second, and what can be said of them."""
    lanes: dict[str, list[RunHistory]] = {}
    for run in history.runs:
        if run.run.task == task and run.steps.counts.counted:
            lanes.setdefault(run.run.lane, []).append(run)
    for first, second in combinations(lanes, 2):
        yield first, second, compare(lanes[first], lanes[second], margin)


def compare(first: Sequence[RunHistory], second: Sequence[RunHistory], margin: float = MARGIN) -> Comparison:
    """What the repeats of two lanes, runs of one task, allow to say."""
    others = {run.run.repeat: run for run in second}
    pairs = [(run, others[run.run.repeat]) for run in first if run.run.repeat in others]
    found = [ratio for ratio in (_log_ratio(*pair) for pair in pairs) if ratio is not None]
    if not found:
        return Comparison(INCONCLUSIVE, f"fewer than {FEWEST_TURNS} turns of both lanes to pair", None)
    logs = _over_repeats(found)
    verdict, reason = _verdict(logs, math.log1p(margin))
    ratio, low, high = (math.exp(log) for log in (logs.centre, logs.low, logs.high))
    return Comparison(verdict, reason, Estimate(ratio, low, high, logs.repeats, logs.start_spread, logs.assumed))


def _log_ratio(first: RunHistory, second: RunHistory) -> tuple[float, float] | None:
    """Logarithm of second over first and its standard error within this start, from paired turns."""
    a, b = turn_medians(first.steps.counted), turn_medians(second.steps.counted)
    _, of_a, of_b = np.intersect1d(a.turns, b.turns, assume_unique=True, return_indices=True)
    of_first, of_second = a.medians_ns[of_a], b.medians_ns[of_b]
    usable = (of_first > 0) & (of_second > 0)
    if np.count_nonzero(usable) < FEWEST_TURNS:
        return None
    centre = interquartile_mean(np.log(of_second[usable] / of_first[usable]))
    return centre.mean, centre.standard_error


@dataclass(frozen=True)
class _Logs:
    """The logarithm of a ratio: its centre, the half-widths of its intervals, and what they rest on."""

    centre: float
    half_width_95: float
    half_width_90: float
    repeats: int
    turn_error: float
    """Standard error within a repeat, from the spread of its turns."""
    start_spread: float
    assumed: bool

    @property
    def low(self) -> float:
        return self.centre - self.half_width_95

    @property
    def high(self) -> float:
        return self.centre + self.half_width_95


def _over_repeats(found: list[tuple[float, float]]) -> _Logs:
    """The logarithm of the ratio from those of the repeats and their standard errors."""
    ratios, within = np.array(found).T
    repeats, centre = len(found), float(ratios.mean())
    turn_error = math.sqrt(float((within**2).mean()))
    measured = float(ratios.std(ddof=1)) if repeats > 1 else 0.0
    if repeats >= MEASURED_FROM:
        error = measured / math.sqrt(repeats)
        half_95, half_90 = (error * t_quantile(probability, repeats - 1) for probability in (0.975, 0.95))
        return _Logs(centre, half_95, half_90, repeats, turn_error, measured, assumed=False)
    assumed = math.hypot(ASSUMED_START_SPREAD, turn_error)
    error = max(measured, assumed) / math.sqrt(repeats)
    half_95, half_90 = (error * NormalDist().inv_cdf(probability) for probability in (0.975, 0.95))
    spread = measured if measured > assumed else ASSUMED_START_SPREAD
    return _Logs(centre, half_95, half_90, repeats, turn_error, spread, assumed=measured <= assumed)


def _verdict(logs: _Logs, margin: float) -> tuple[str, str | None]:
    """The verdict, and the reason for an inconclusive one; `margin` is a logarithm too."""
    is_measured = logs.repeats >= MEASURED_FROM
    beyond = 0.0 if is_measured else margin
    if logs.centre > margin and logs.low > beyond:
        return FIRST_FASTER, None
    if logs.centre < -margin and logs.high < -beyond:
        return SECOND_FASTER, None
    if abs(logs.centre) + logs.half_width_90 < margin:
        return SAME, None
    if logs.turn_error > ASSUMED_START_SPREAD:
        return INCONCLUSIVE, "the turns differ too much from one another"
    if not is_measured:
        return INCONCLUSIVE, f"fewer than {MEASURED_FROM} repeats, and no large difference"
    if abs(logs.centre) > margin:
        return INCONCLUSIVE, "the repeats differ too much: the interval includes 1"
    return INCONCLUSIVE, "within the margin, but the interval reaches beyond it"
