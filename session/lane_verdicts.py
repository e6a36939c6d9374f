"""Which of two lanes steps faster, and how sure that is.

Two things vary. Within a recording the machine drifts: turns of two lanes with the same index ran next to each other,
so the ratio is taken turn by turn and drift cancels. And one start of a process differs from the next, by layout in
memory, thread placement and what the framework chose at start: no number of steps in one start shows that, repeats do
(Kalibera and Jones 2013: repeat at the level that varies). The i-th repeats of two lanes make one independent ratio;
`session.over_starts` has what they come to, and `session.effects` what follows from that.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from dlprof.session.disturbance import mostly_disturbed
from dlprof.session.effects import MARGIN, Doubt, Finding
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.over_starts import over_starts, why_undecided
from dlprof.session.paired_turns import FEWEST_TURNS, paired_log_ratio
from dlprof.session.records import FAILED_STATUSES
from dlprof.session.statistics import spread
from dlprof.session.turn_length import advice
from dlprof.session.turn_medians import TurnMedians

FIRST, SECOND, SAME, INCONCLUSIVE = "first faster", "second faster", "same", "inconclusive"
AT_ONCE = Doubt("the lanes ran at once and slowed each other down", "record in turns")
_WORDS = {
    Finding.ABOVE: FIRST,
    Finding.BELOW: SECOND,
    Finding.SAME: SAME,
    Finding.UNDECIDED: INCONCLUSIVE,
}


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

    @property
    def inverse(self) -> Estimate:
        """The first lane's step over that of the second."""
        return replace(self, ratio=1 / self.ratio, low=1 / self.high, high=1 / self.low)


@dataclass(frozen=True)
class Comparison:
    """A verdict on two lanes, and why it is inconclusive."""

    verdict: str
    doubt: Doubt | None
    estimate: Estimate | None


def step_medians(run: RunHistory) -> TurnMedians:
    """The turns of a run and the median of the steps that count in each."""
    return run.steps.counted.turn_medians


def lane_comparisons(
    history: SessionHistory,
    task: str,
    margin: float = MARGIN,
    medians_of: Callable[[RunHistory], TurnMedians] = step_medians,
) -> Iterator[tuple[str, str, Comparison]]:
    """Every two lanes of `task` with steps that count, of runs that did not fail: first, second, what can be said.

    `medians_of`: where the medians of a run's turns come from, for who knows them already.
    """
    lanes: dict[str, list[_Start]] = {}
    for run in history.runs:
        if run.run.task == task and len(run.steps.counted) and run.status not in FAILED_STATUSES:
            lanes.setdefault(run.run.lane, []).append(_Start(run, medians_of(run)))
    disturbed = {lane: mostly_disturbed([start.run for start in starts], history) for lane, starts in lanes.items()}
    for first, second in combinations(lanes, 2):
        found = _compared(lanes[first], lanes[second], margin)
        if _ran_at_once(history, lanes[first], lanes[second]):
            yield first, second, Comparison(INCONCLUSIVE, AT_ONCE, found.estimate)
        else:
            yield first, second, _doubted(found, disturbed[first] or disturbed[second])


def _ran_at_once(history: SessionHistory, first: Sequence[_Start], second: Sequence[_Start]) -> bool:
    """Whether the lanes stepped at the same time on one device."""
    devices = [{start.run.run.device for start in starts} for starts in (first, second)]
    return history.meta.get("schedule") == "parallel" and not devices[0].isdisjoint(devices[1])


def _doubted(found: Comparison, why: Doubt | None) -> Comparison:
    """`found`, but inconclusive where it rests on an assumed spread and `why` says that this does not hold."""
    if why is None or found.verdict == INCONCLUSIVE or found.estimate is None or not found.estimate.spread_is_assumed:
        return found
    return Comparison(INCONCLUSIVE, why, found.estimate)


def fastest(history: SessionHistory, task: str) -> str:
    """What the lanes of `task` come to: `torch fastest` where it is faster than each other one, `same` where all are.

    `inconclusive` otherwise, or `nothing to compare` with fewer than two lanes that have steps that count.
    """
    found = [*lane_comparisons(history, task)]
    lanes = dict.fromkeys(lane for *pair, _ in found for lane in pair)
    won = Counter({FIRST: first, SECOND: second}.get(said.verdict) for first, second, said in found)
    first = next((lane for lane in lanes if won[lane] == len(lanes) - 1), None)
    if first is not None:
        return f"{first} fastest"
    if not found:
        return "nothing to compare"
    return SAME if all(said.verdict == SAME for *_, said in found) else INCONCLUSIVE


def compare(first: Sequence[RunHistory], second: Sequence[RunHistory], margin: float = MARGIN) -> Comparison:
    """What the repeats of two lanes, runs of one task, allow to say."""
    starts, others = ([_Start(run, step_medians(run)) for run in runs] for runs in (first, second))
    return _compared(starts, others, margin)


@dataclass(frozen=True, eq=False)
class _Start:
    """A run, and the medians of its turns, which take long to find: once, however many lanes it is compared with."""

    run: RunHistory
    turns: TurnMedians


def _compared(first: Sequence[_Start], second: Sequence[_Start], margin: float) -> Comparison:
    others = {start.run.run.repeat: start for start in second}
    pairs = [(start, others[start.run.run.repeat]) for start in first if start.run.run.repeat in others]
    found = [ratio for ratio in (paired_log_ratio(a.turns, b.turns) for a, b in pairs) if ratio is not None]
    if not found:
        runs = [start.run for start in (*first, *second)]
        steps_ns = [spread(run.steps.counted.column("total_ns")).median_ns or 0 for run in runs]
        how = advice(FEWEST_TURNS, steps_ns, [run.status for run in runs])
        return Comparison(INCONCLUSIVE, Doubt(f"fewer than {FEWEST_TURNS} turns of both lanes to pair", how), None)
    over = over_starts(found)
    effect = over.effect
    finding = effect.finding(margin, effect.chance(margin))
    estimate = Estimate(effect.ratio, *effect.interval, over.starts, over.start_spread, over.spread_is_assumed)
    if finding in (Finding.ABOVE, Finding.BELOW):
        means = _mean_step_ratio([(a.run, b.run) for a, b in pairs])
        if math.log(means) * effect.log < 0 and abs(effect.log - math.log(means)) > 2 * math.log1p(margin):
            return Comparison(INCONCLUSIVE, Doubt("the mean step says the opposite", f"ratio {means:.2f}"), estimate)
    return Comparison(_WORDS[finding], why_undecided(over, margin) if finding is Finding.UNDECIDED else None, estimate)


def _mean_step_ratio(pairs: Sequence[tuple[RunHistory, RunHistory]]) -> float:
    """The second lanes' mean step over the first's: what throughput follows, and a few very slow steps move."""
    first, second = (
        sum(float(run.steps.counted.column("total_ns").mean()) for run in runs) for runs in zip(*pairs, strict=True)
    )
    return second / first
