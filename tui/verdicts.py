"""Which lane of a task is faster, in a line, for a screen that asks several times a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dlprof.session.figures import times
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.lane_verdicts import FIRST, SAME, SECOND, Comparison, Estimate, lane_comparisons
from dlprof.session.turn_medians import NO_TURNS, TurnMedians
from dlprof.tui.weighing import weighed_until_ns

NONE = -1
"""Before the first turn."""


class Verdicts:
    """Remembers what it weighed; what it says depends on the history alone."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, bool], str] = {}
        self._medians = _KnownMedians()

    def of(self, history: SessionHistory, task: str) -> str:
        """What the lanes of `task` come to; empty while nothing can be named and turns are to come."""
        runs = [run for run in history.runs if run.run.task == task]
        moment_ns, over = max(map(weighed_until_ns, runs), default=0), all(run.ended for run in runs)
        key = (task, moment_ns, over)
        if key not in self._known:
            found = [*lane_comparisons(history.until(moment_ns), task, medians_of=self._medians.of)]
            self._known[key] = verdict_line(found) or (_none_named(found) if over else "")
        return self._known[key]


class _KnownMedians:
    """Turns that are over do not change: the median step of each is found once, however often a screen goes past it."""

    def __init__(self) -> None:
        self._known: dict[int, TurnMedians] = {}

    def of(self, run: RunHistory) -> TurnMedians:
        """Those of the turns that are over."""
        known = self._known.get(run.run.id, NO_TURNS)
        last = run.turns[-1].index if len(run.turns) else NONE
        after = known.turns[-1] if len(known.turns) else NONE
        if after < last:
            turns = run.steps.counted.column("turn")
            new = run.steps.counted.where((turns > after) & (turns <= last)).turn_medians
            known = self._known[run.run.id] = known.and_then(new)
        return known.up_to(last)


@dataclass(frozen=True)
class _Win:
    winner: str
    loser: str
    by: Estimate


def verdict_line(comparisons: Iterable[tuple[str, str, Comparison]]) -> str:
    """Such as `torch 1.18x faster than tensorflow (1.15-1.21)`: of each two lanes of which one is faster, lane by lane.

    The lane with most wins stands first, against its nearest. `lanes: same` where all are within the margin. Where none
    is faster than another as far as can be seen, why; empty before two can be compared.
    """
    found = [*comparisons]
    if found and all(said.verdict == SAME for *_, said in found):
        return f"{', '.join(dict.fromkeys(lane for *pair, _ in found for lane in pair))}: same"
    wins = sorted((win for win in (_win(*one) for one in found) if win is not None), key=lambda win: win.by.ratio)
    by_lane = [
        _words([win for win in wins if win.winner == lane])
        for lane, _ in Counter(win.winner for win in wins).most_common()
    ]
    if not wins:
        return _none_named([one for one in found if one[-1].estimate is not None])
    return _by_what(wins) + "; ".join(by_lane)


def _none_named(found: Iterable[tuple[str, str, Comparison]]) -> str:
    """What is said of most pairs; not its detail, whose counts change turn by turn: the report has it."""
    reasons = Counter(said.doubt.reason for *_, said in found if said.doubt is not None)
    return f"no lane is named faster: {reasons.most_common(1)[0][0]}" if reasons else ""


def _win(first: str, second: str, said: Comparison) -> _Win | None:
    if said.estimate is None or said.verdict not in (FIRST, SECOND):
        return None
    return _Win(first, second, said.estimate) if said.verdict == FIRST else _Win(second, first, said.estimate.inverse)


def _by_what(wins: Sequence[_Win]) -> str:
    """What to know first: what was compared, and whether the spread from start to start is assumed, not measured."""
    starts = min((win.by.repeats for win in wins if win.by.spread_is_assumed), default=0)
    return f"median step, {starts} start{'s' if starts > 1 else ''} each: " if starts else "median step: "


def _words(wins: Sequence[_Win]) -> str:
    """Of one lane: `torch 1.18x faster than tensorflow (1.15-1.21), 1.40x than keras (1.36-1.44)`."""
    first, *others = wins
    said = [f"{first.winner} {times(first.by.ratio)} faster {_than(first)}"]
    return ", ".join([*said, *(f"{times(win.by.ratio)} {_than(win)}" for win in others)])


def _than(win: _Win) -> str:
    low, high = (times(end).removesuffix("x") for end in (win.by.low, win.by.high))
    return f"than {win.loser} ({low}-{high})"
