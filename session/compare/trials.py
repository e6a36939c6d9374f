"""The deployments of a lane on both sides, format by format: what its trials gave, and what may be said of a change.

A trial is one saved model, loaded and run in a fresh process. One trial a side shows no spread, so its durations get no
verdict; a size is counted, and differs or not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from dlprof.session.compare.model import Figure, FormatChange, Row
from dlprof.session.compare.quantities import DURATION, RATE, SIZE, Quantity
from dlprof.session.compare.recording import Key, Recording, Trial, runs_of
from dlprof.session.compare.spread import DURATIONS, SIZES, Design, Start, effect_of
from dlprof.session.compare.timing import timing
from dlprof.session.effects import Effect

NO_SPREAD = "no spread: too few trials; --deploy --repeat 3 shows how much they differ"
NOT_TRIED, NOT_TOLD = "not tried", "not told"
QUANTITIES = tuple(
    Quantity(key, label, unit, "deploy")
    for key, label, unit in (
        ("bytes", "size", SIZE),
        ("save_ms", "save", DURATION),
        ("load_ms", "load", DURATION),
        ("cold_start_ms", "cold start", DURATION),
        ("latency_p50_ms", "latency p50", DURATION),
        ("latency_p95_ms", "latency p95", DURATION),
        ("samples_per_s", "throughput", RATE),
    )
)


@dataclass(frozen=True)
class _Tried:
    """The recordings of a side that tried a format, and the trials of each."""

    recordings: Sequence[tuple[Recording, Sequence[Trial]]]

    def values(self, quantity: Quantity) -> list[tuple[Recording, list[Start]]]:
        """Of each recording that has some, the logarithms of its trials' values."""
        known = (
            (recording, [trial.values[quantity.key] for trial in trials if quantity.key in trial.values])
            for recording, trials in self.recordings
        )
        return [(recording, [Start(math.log(value), 0.0) for value in values]) for recording, values in known if values]

    @property
    def reason(self) -> str:
        """Why there is no value."""
        reasons = (trial.reason for _, trials in self.recordings for trial in trials)
        return next((reason for reason in reasons if reason), NOT_TOLD if self.recordings else NOT_TRIED)


def format_changes(key: Key, baseline: Sequence[Recording], candidate: Sequence[Recording]) -> Iterator[FormatChange]:
    """Each format that either side tried of lane `key`, its rows not judged yet."""
    sides = (baseline, candidate)
    formats = dict.fromkeys(name for side in sides for run in runs_of(side, key) for name in run.trials)
    for name in formats:
        before, after = (_tried(side, key, name) for side in sides)
        yield FormatChange(name, tuple(_row(quantity, before, after) for quantity in QUANTITIES))


def _tried(side: Sequence[Recording], key: Key, name: str) -> _Tried:
    trials = ((one, [run.trials[name] for run in runs_of([one], key) if name in run.trials]) for one in side)
    return _Tried([(recording, found) for recording, found in trials if found])


def _row(quantity: Quantity, baseline: _Tried, candidate: _Tried) -> Row:
    sides = [side.values(quantity) for side in (baseline, candidate)]
    figures = [_figure(values, side.reason) for values, side in zip(sides, (baseline, candidate), strict=True)]
    row = Row(quantity, *figures, gates=False)
    if not all(sides):
        named = zip(("baseline", "candidate"), figures, strict=True)
        return replace(row, reason="; ".join(f"{side}: {figure.reason}" for side, figure in named if figure.reason))
    before, after = ([starts for _, starts in side] for side in sides)
    logs = [{start.log for starts in side for start in starts} for side in (before, after)]
    if quantity.unit == SIZE and all(len(values) == 1 for values in logs):
        return replace(row, effect=Effect(logs[1].pop() - logs[0].pop(), 0.0, None, assumed=False))
    when = timing(*([recording.started_at for recording, _ in side] for side in sides))
    effect, basis = effect_of(before, after, when, SIZES if quantity.unit == SIZE else DURATIONS)
    if basis.design is Design.ASSUMED_STARTS:
        return replace(row, reason=NO_SPREAD)
    return replace(row, effect=effect, basis=basis)


def _figure(values: Sequence[tuple[Recording, Sequence[Start]]], reason: str) -> Figure:
    if not values:
        return Figure(None, "", reason)
    return Figure(math.exp(fmean(fmean(start.log for start in starts) for _, starts in values)), "host", None)
