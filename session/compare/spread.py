"""The ratio of two sides and its error: what varies from recording to recording, and how much of that is known.

Recordings of two sessions are not paired in time. The machine is in another state in each: its clock, its caches, the
neighbours of a virtual machine. However long one recording is, and however often it starts its lanes, it shows little
of that; only recordings repeated do (Kalibera and Jones 2013). So a recording is one value, the mean over its starts,
and what is done depends on how many there are, and how they lie in time:

- three or more a side, made in turn: the ratio is taken pair by pair, so that what changes slowly cancels, and
  Student's t gives the interval;
- two or more a side: Welch's t (1947), which lets the sides spread differently;
- one against three or more: their spread stands for the one's too (a prediction interval);
- fewer: the spread from start to start is measured where lanes were started repeatedly, or assumed.

Where the spread over recordings is not known, or was seen over a shorter time than lies between the sides, the drift
from recording to recording is assumed on top of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import fmean, stdev, variance

from dlprof.session.compare.timing import Timing
from dlprof.session.effects import Effect

MEASURED_FROM = 2
"""Degrees of freedom from which a spread counts as measured. With one, t is so wide (12.7) that it tells less."""


@dataclass(frozen=True)
class Assumed:
    """Standard deviations to take where they cannot be measured, 0.02 is 2 %: from one start of a process to the next,
    and from one recording to the next on top of it."""

    start: float
    drift: float


DURATIONS = Assumed(start=0.02, drift=0.15)
"""Starts differ by 1 to 2 %. Over pools of recordings of one thing on a virtual machine the drift was 1.5 % in quiet
minutes, 10 % over a quarter of an hour, and 18 % on a day on which the machine had two speeds, a half apart, and
changed between them every minute or so (benchmarks/bench_compare.py). With 8 % such a machine was named a change in 41
of 100 comparisons of two recordings; from 14 % on in none."""
RATIOS = Assumed(start=0.028, drift=0.02)
"""Of two lanes of one recording: the starts of both, while the machine's drift cancels, save where it touches them
unequally. In these pools 0.8 to 1.9 % for the steps of two equal lanes, in all."""
RATIOS_OF_PARTS = Assumed(start=0.028, drift=0.08)
"""Of phases and throughput of two lanes: 2 % for forward and backward, 9 % for the shortest phase."""
SIZES = Assumed(start=0.02, drift=0.0)
"""Memory does not depend on the machine's speed. In these pools at most 2.4 % in all, and 0.1 % for the peak."""


class Design(Enum):
    """What the error of a ratio was taken from."""

    PAIRS = "pairs of recordings"
    RECORDINGS = "recordings"
    ONE_AGAINST_SEVERAL = "one recording against several"
    STARTS = "starts"
    ASSUMED_STARTS = "assumed"


@dataclass(frozen=True)
class Start:
    """One start's value, a logarithm, and its standard error within the start."""

    log: float
    error: float


Recorded = Sequence[Start]
"""One recording: its starts, at least one."""


@dataclass(frozen=True)
class Basis:
    """What an effect rests on: the design, the recordings and starts of either side.

    `spread`: standard deviation of the logarithm from one unit of the design to the next, 0.01 is 1 %. `turn_error`:
    where that is assumed, what the turns of a start leave open of it. `drift`: what was assumed on top, from recording
    to recording. Both are 0 where the units have them in them.
    """

    design: Design
    recordings: tuple[int, int]
    starts: tuple[int, int]
    spread: float
    turn_error: float
    drift: float


def effect_of(
    baseline: Sequence[Recorded], candidate: Sequence[Recorded], timing: Timing, assumed: Assumed
) -> tuple[Effect, Basis]:
    """Candidate over baseline; either side has at least one recording, in the order of time."""
    design, effect, spread = _measured(baseline, candidate, timing, assumed.start)
    unknown = timing is Timing.APART or design in (Design.STARTS, Design.ASSUMED_STARTS)
    drift = assumed.drift if unknown else 0.0
    basis = Basis(
        design,
        recordings=(len(baseline), len(candidate)),
        starts=(sum(map(len, baseline)), sum(map(len, candidate))),
        spread=spread,
        turn_error=_turn_error(baseline, candidate) if design is Design.ASSUMED_STARTS else 0.0,
        drift=drift,
    )
    return _with_drift(effect, drift) if unknown else effect, basis


def _measured(
    baseline: Sequence[Recorded], candidate: Sequence[Recorded], timing: Timing, assumed_start: float
) -> tuple[Design, Effect, float]:
    """The design, the effect as far as recordings and starts show it, and the spread of the design's units."""
    before, after = ([_mean(recorded) for recorded in side] for side in (baseline, candidate))
    log = fmean(after) - fmean(before)
    fewer, more = sorted((baseline, candidate), key=len)
    if timing is Timing.IN_TURN and len(fewer) > MEASURED_FROM:
        spread = stdev(b - a for a, b in zip(before, after, strict=True))
        effect = Effect(log, spread / math.sqrt(len(before)), len(before) - 1, assumed=False)
        return Design.PAIRS, effect, spread
    if len(fewer) > 1:
        spread = math.sqrt((variance(before) + variance(after)) / 2)
        return Design.RECORDINGS, _welch(log, before, after), spread
    if len(more) > MEASURED_FROM:
        return Design.ONE_AGAINST_SEVERAL, *_predicted(log, fewer[0], more, assumed_start)
    return _over_starts(log, baseline, candidate, assumed_start)


def _welch(log: float, first: Sequence[float], second: Sequence[float]) -> Effect:
    parts = [(variance(side) / len(side), len(side) - 1) for side in (first, second)]
    total = sum(part for part, _ in parts)
    weights = sum(part**2 / degrees for part, degrees in parts)
    degrees = max(1, math.floor(total**2 / weights)) if weights else sum(degrees for _, degrees in parts)
    return Effect(log, math.sqrt(total), degrees, assumed=False)


def _predicted(log: float, one: Recorded, several: Sequence[Recorded], assumed_start: float) -> tuple[Effect, float]:
    """With fewer starts than the several have, the one has so much more of the spread of starts."""
    between = variance([_mean(recorded) for recorded in several])
    within, degrees = _within(several)
    more = max(0.0, 1 / len(one) - fmean(1 / len(recorded) for recorded in several))
    of_one = max(between + more * (within if degrees else assumed_start**2), _of_mean(one, 0.0))
    error = math.sqrt(between / len(several) + of_one)
    return Effect(log, error, len(several) - 1, assumed=True), math.sqrt(between)


def _over_starts(
    log: float, baseline: Sequence[Recorded], candidate: Sequence[Recorded], assumed_start: float
) -> tuple[Design, Effect, float]:
    sides = (baseline, candidate)
    of_start, degrees = _within([*baseline, *candidate])
    assumed = assumed_start**2 + _turn_error(baseline, candidate) ** 2
    design, spread = Design.STARTS, math.sqrt(of_start)
    if degrees < MEASURED_FROM and of_start < assumed:
        design, spread, of_start = Design.ASSUMED_STARTS, assumed_start, assumed
    total = sum(sum(_of_mean(recorded, of_start) for recorded in side) / len(side) ** 2 for side in sides)
    known = degrees if degrees >= MEASURED_FROM else None
    return design, Effect(log, math.sqrt(total), known, assumed=True), spread


def _of_mean(recorded: Recorded, of_start: float) -> float:
    """Variance of a recording's mean; no start is known better than its own turns tell, a single slow one too."""
    return sum(max(of_start, start.error**2) for start in recorded) / len(recorded) ** 2


def _turn_error(*sides: Sequence[Recorded]) -> float:
    """Standard error of a start within itself, over all starts."""
    return math.sqrt(fmean(start.error**2 for side in sides for recorded in side for start in recorded))


def _with_drift(effect: Effect, drift: float) -> Effect:
    """`effect` with the assumed drift of both sides in its error; degrees of freedom by Satterthwaite (1946)."""
    error = math.hypot(effect.error, math.sqrt(2) * drift)
    if effect.degrees is None or not effect.error:
        return Effect(effect.log, error, None, assumed=True)
    return Effect(effect.log, error, math.floor(effect.degrees * (error / effect.error) ** 4), assumed=True)


def _within(side: Sequence[Recorded]) -> tuple[float, int]:
    """Variance from start to start within recordings, pooled, and its degrees of freedom."""
    degrees = sum(len(recorded) - 1 for recorded in side)
    if not degrees:
        return 0.0, 0
    squares = sum((start.log - _mean(recorded)) ** 2 for recorded in side for start in recorded)
    return squares / degrees, degrees


def _mean(recorded: Recorded) -> float:
    return fmean(start.log for start in recorded)
