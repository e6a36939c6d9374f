"""Which lane of a task is faster, in a line, for a screen that asks several times a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dlprof.session.figures import times
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.lane_verdicts import FIRST, SAME, SECOND, Comparison, lane_comparisons

TURNS = 8
"""Weighed anew after so many turns of each lane, or a sixteenth of all."""


class Verdicts:
    """Remembers what it weighed; what it says depends on the history alone."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], str] = {}

    def of(self, history: SessionHistory, task: str) -> str:
        """What the lanes of `task` come to; empty while nothing can be named."""
        moment_ns = _weighed_until(run for run in history.runs if run.run.task == task)
        if moment_ns is None:
            return ""
        key = (task, moment_ns)
        if key not in self._known:
            self._known[key] = verdict_line(lane_comparisons(history.until(moment_ns), task))
        return self._known[key]


@dataclass(frozen=True)
class _Win:
    winner: str
    loser: str
    ratio: float
    low: float
    high: float
    starts: int
    assumed: bool


def verdict_line(comparisons: Iterable[tuple[str, str, Comparison]]) -> str:
    """Such as `torch 1.18x faster than tensorflow, 1.15-1.21`: of each two lanes of which one is faster, lane by lane.

    The lane with most wins stands first, against its nearest. `lanes: same` where all are within the margin.
    """
    found = [*comparisons]
    if found and all(said.verdict == SAME for *_, said in found):
        return f"{', '.join(dict.fromkeys(lane for *pair, _ in found for lane in pair))}: same"
    wins = sorted((win for win in (_win(*one) for one in found) if win is not None), key=lambda win: win.ratio)
    by_lane = [
        _words([win for win in wins if win.winner == lane])
        for lane, _ in Counter(win.winner for win in wins).most_common()
    ]
    return _few_starts(wins) + "; ".join(by_lane)


def _win(first: str, second: str, said: Comparison) -> _Win | None:
    found = said.estimate
    if found is None or said.verdict not in (FIRST, SECOND):
        return None
    if said.verdict == FIRST:
        return _Win(first, second, found.ratio, found.low, found.high, found.repeats, found.spread_is_assumed)
    low, high = 1 / found.high, 1 / found.low
    return _Win(second, first, 1 / found.ratio, low, high, found.repeats, found.spread_is_assumed)


def _few_starts(wins: Sequence[_Win]) -> str:
    """What to know first where the spread from start to start is assumed, not measured."""
    starts = min((win.starts for win in wins if win.assumed), default=0)
    return f"by {starts} start{'s' if starts > 1 else ''} each: " if starts else ""


def _words(wins: Sequence[_Win]) -> str:
    """Of one lane: `torch 1.18x faster than tensorflow, 1.15-1.21, 1.40x than keras, 1.36-1.44`."""
    intervals = ["-".join(times(end).removesuffix("x") for end in (win.low, win.high)) for win in wins]
    said = [f"{times(win.ratio)} than {win.loser}, {found}" for win, found in zip(wins, intervals, strict=True)]
    return f"{wins[0].winner} {', '.join(said)}".replace(" than", " faster than", 1)


def _weighed_until(runs: Iterable[RunHistory]) -> int | None:
    """The end of the last turn to weigh, ns: for each lane whose run goes on, of its last TURNS or sixteenth."""
    ends = []
    for run in runs:
        turns = len(run.turns)
        if not run.ended:
            turns -= turns % max(TURNS, 1 << turns.bit_length() >> 4)
        if turns:
            ends.append(run.turns[turns - 1].end_ns)
    return max(ends, default=None)
