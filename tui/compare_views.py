"""What a comparison looks like on its screen: plain values that widgets draw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dlprof.session.compare.model import Comparison, Figure, FormatChange, LaneChange, Row
from dlprof.session.compare.quantities import DURATION, INCONCLUSIVE, RATE, REGRESSIONS, SAME, Quantity
from dlprof.session.compare.recording import Key, Recording
from dlprof.session.compare.wording import (
    basis_text,
    change_text,
    frame_text,
    outcome_text,
    ratio_text,
    reasons_text,
    trial_reasons,
    trial_texts,
)
from dlprof.session.effects import Effect
from dlprof.session.text import clean_line
from dlprof.tui.contracts import Opening

SIGNS = {SAME: "=", INCONCLUSIVE: "?"}
"""Of verdicts; worse is `!`, and better `+`."""
WIDEST_LOG = math.log(2)
"""The scale of intervals goes no further than to half and to twice as much: what is beyond stands at its edge."""
FEWEST_MARGINS = 2
"""It goes at least this many margins to either side."""


@dataclass(frozen=True)
class Interval:
    """The logarithm of a ratio, and of the ends of its 95 % interval."""

    low: float
    centre: float
    high: float


@dataclass(frozen=True)
class RowView:
    """One quantity on both sides; `changed`: it is better or worse."""

    label: str
    gates: bool
    baseline: str
    candidate: str
    ratio: str
    ends: str
    """Of the interval, in figures."""
    interval: Interval | None
    verdict: str
    sign: str
    changed: bool


@dataclass(frozen=True)
class FormatView:
    """A format of the deployment on both sides, with what is to be said of it, a line each."""

    name: str
    rows: tuple[RowView, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class RunView:
    """One lane of one task on both sides, with what is to be said of it, a line each."""

    key: Key
    rows: tuple[RowView, ...]
    headline: str
    """The rows that decide, in words; empty where none does."""
    sign: str
    """Of the first row that decides."""
    basis: str
    reasons: tuple[str, ...]
    frames: tuple[str, ...]
    opening: tuple[Opening, Opening]
    """Where to look at it: in the newest recording of either side that has it."""
    formats: tuple[FormatView, ...] = ()


@dataclass(frozen=True)
class CompareView:
    """A comparison; `half_log`: how far the scale of all intervals goes from 1 to either side, a logarithm."""

    outcome: str
    baseline: str
    candidate: str
    margin: float
    half_log: float
    differences: tuple[str, ...]
    missing: tuple[str, ...]
    failures: tuple[str, ...]
    notes: tuple[str, ...]
    runs: tuple[RunView, ...]


Located = Sequence[tuple[Path, Recording]]
"""The recordings of a side, and where they are."""


def compare_view(comparison: Comparison, baseline: Located, candidate: Located) -> CompareView:
    """The view of the `comparison` of these two sides."""
    runs = tuple(_run(lane, (_opening(lane.key, baseline), _opening(lane.key, candidate))) for lane in comparison.lanes)
    return CompareView(
        outcome=outcome_text(comparison),
        baseline=", ".join(comparison.baseline),
        candidate=", ".join(comparison.candidate),
        margin=comparison.margin,
        half_log=_half_log(runs, comparison.margin),
        differences=tuple(map(str, comparison.differences)),
        missing=comparison.missing,
        failures=tuple(f"{one.side} {one.recording}, {one.key}: {one.cause}" for one in comparison.failures),
        notes=comparison.notes,
        runs=runs,
    )


def sign_of(verdict: str) -> str:
    """The sign that says the same as the word."""
    return SIGNS.get(verdict) or ("!" if verdict in REGRESSIONS else "+")


def _half_log(runs: Sequence[RunView], margin: float) -> float:
    intervals = [row.interval for run in runs for row in run.rows if row.interval is not None]
    furthest = max((max(-interval.low, interval.high) for interval in intervals), default=0.0)
    return min(max(furthest, FEWEST_MARGINS * math.log1p(margin)), WIDEST_LOG)


def _opening(key: Key, side: Located) -> Opening:
    newest = sorted(side, key=lambda located: located[1].started_at, reverse=True)
    path, run = next((path, run) for path, recording in newest for run in recording.runs if run.key == key)
    return Opening(path, key.task, key.lane, run.ended_ns)


def _run(lane: LaneChange, opening: tuple[Opening, Opening]) -> RunView:
    deciding = [row for row in lane.rows if row.gates]
    return RunView(
        key=lane.key,
        rows=tuple(_row(row) for row in lane.rows if row.is_known),
        headline="; ".join(f"{row.quantity.label} {change_text(row)}" for row in deciding),
        sign=sign_of(deciding[0].verdict) if deciding else "",
        basis="" if lane.basis is None else basis_text(lane.basis),
        reasons=tuple(reasons_text(lane.rows)),
        frames=tuple(map(frame_text, lane.frames)),
        opening=opening,
        formats=tuple(_format(of) for of in lane.formats),
    )


def _format(of: FormatChange) -> FormatView:
    rows = tuple(_trial(row) for row in of.rows if row.is_known)
    return FormatView(clean_line(of.name, 60), rows, tuple(map(clean_line, trial_reasons(of.rows))))


def _trial(row: Row) -> RowView:
    """A row of a deployment: without a spread there is a ratio, and no verdict."""
    if row.effect is not None:
        return _row(row)
    ratio, ends, verdict = trial_texts(row)
    return replace(_row(row), ratio=ratio, ends=ends, verdict=verdict, sign=" ")


def _row(row: Row) -> RowView:
    ratio, ends = ratio_text(row)
    return RowView(
        label=row.quantity.label,
        gates=row.gates,
        baseline=_figure(row.quantity, row.baseline),
        candidate=_figure(row.quantity, row.candidate),
        ratio=ratio,
        ends=ends,
        interval=None if row.effect is None else _interval(row.effect),
        verdict=row.verdict,
        sign=sign_of(row.verdict),
        changed=row.verdict not in SIGNS,
    )


def _interval(effect: Effect) -> Interval:
    low, high = map(math.log, effect.interval)
    return Interval(low, effect.log, high)


def _figure(quantity: Quantity, figure: Figure) -> str:
    """Four digits, more than two recordings ever agree in; `-` where there is none."""
    if figure.value is None:
        return "-"
    if quantity.unit == RATE:
        return f"{figure.value:,.0f}/s"
    if quantity.unit == DURATION:
        return f"{'~' if figure.is_estimate else ''}{_four_digits(figure.value)} ms"
    return f"{_four_digits(figure.value / 2**20)} MiB"


def _four_digits(value: float) -> str:
    decimals = 3 if value < 10 else 2 if value < 100 else 1 if value < 1000 else 0
    return f"{value:,.{decimals}f}"
