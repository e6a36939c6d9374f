"""The rows of a comparison before they are judged: figures of both sides, and the ratio with its error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from dlprof.session.compare.extent import added
from dlprof.session.compare.model import Figure, Row
from dlprof.session.compare.quantities import SIZE, Quantity
from dlprof.session.compare.recording import Key, Recording, RunSummary, runs_of
from dlprof.session.compare.spread import DURATIONS, RATIOS, RATIOS_OF_PARTS, SIZES, Assumed, Recorded, Start, effect_of
from dlprof.session.compare.timing import timing
from dlprof.session.disturbance import MOSTLY
from dlprof.session.paired_turns import FEWEST_TURNS, paired_log_ratio
from dlprof.session.turn_length import advice

UNLIKE_SHARE = 0.5
"""By so much the shares of disturbed turns may differ between the sides."""
Side = Sequence[Recording]
Starts = Sequence[tuple[Recording, Recorded]]
"""The recordings that have a value, and the values of their starts."""


def row_of(
    key: Key, quantity: Quantity, baseline: Side, candidate: Side, gates: bool, reference: Key | None = None
) -> Row:
    """`quantity` of lane `key` on both sides; it decides if `gates`, and a side knows it.

    With a `reference`, a lane that did not change, durations and rates are taken relative to its own.
    """
    figures = [_figure(side, key, quantity) for side in (baseline, candidate)]
    row = Row(quantity, *figures, gates=gates and any(figure.value is not None for figure in figures))
    if any(figure.value is None for figure in figures):
        return replace(row, reason=_why_unknown(*figures))
    kinds = [figure.kind for figure in figures]
    if kinds[0] != kinds[1]:
        return replace(row, reason=f"measured in different ways: {kinds[0]} and {kinds[1]}")
    if quantity.unit != SIZE and (why := _too_short(key, baseline, candidate) or _unlike(key, baseline, candidate)):
        return replace(row, reason=why)
    before, after, assumed = _values(key, quantity, baseline, candidate, reference)
    if not before or not after:
        return replace(row, reason="not known next to the reference: too few turns of both, or another clock")
    when = timing(*([recording.started_at for recording, _ in side] for side in (before, after)))
    effect, basis = effect_of([values for _, values in before], [values for _, values in after], when, assumed)
    if effect.assumed and quantity.unit != SIZE and (why := _disturbed(key, baseline, candidate)):
        return replace(row, reason=why)
    return replace(row, effect=effect, basis=basis)


def _too_short(key: Key, *sides: Side) -> str | None:
    """That a start has too few turns: its few steps lie so close together that they say nothing of its others."""
    runs = [run for side in sides for run in runs_of(side, key)]
    if all(len(run.turns.turns) >= FEWEST_TURNS for run in runs):
        return None
    steps_ns = [1e6 * (run.measures["step"].value or 0.0) for run in runs]
    return (
        f"a start with fewer than {FEWEST_TURNS} turns: {advice(FEWEST_TURNS, steps_ns, [run.status for run in runs])}"
    )


def _unlike(key: Key, *sides: Side) -> str | None:
    """That one side was disturbed and the other was not: the difference may be the disturbance's."""
    before, after = (added(run.extent for run in runs_of(side, key)) for side in sides)
    shares = [(extent.disturbed or 0) / extent.turns for extent in (before, after)]
    if abs(shares[0] - shares[1]) <= UNLIKE_SHARE:
        return None
    return (
        f"{before.disturbed} of {before.turns} turns disturbed from outside in the baseline, {after.disturbed} of "
        f"{after.turns} in the candidate: record again where less goes on"
    )


def _disturbed(key: Key, *sides: Side) -> str | None:
    """That more than half of a side's turns were disturbed: what is assumed of the spread does not hold then."""
    for name, side in zip(("baseline", "candidate"), sides, strict=True):
        extent = added(run.extent for run in runs_of(side, key))
        if (extent.disturbed or 0) > MOSTLY * extent.turns:
            return (
                f"{extent.disturbed} of {extent.turns} turns disturbed from outside in the {name}: record again where "
                "less goes on, or compare several recordings of each side"
            )
    return None


def _figure(side: Side, key: Key, quantity: Quantity) -> Figure:
    starts = _starts(side, key, quantity)
    measures = [run.measures[quantity.key] for run in runs_of(side, key)]
    if not starts:
        reason = next((m.reason for m in measures if m.reason), "0 or less" if measures else "no run that did not fail")
        return Figure(None, "", reason)
    kinds = sorted({measure.kind for measure in measures if measure.value is not None})
    value = math.exp(fmean(fmean(start.log for start in values) for _, values in starts))
    return Figure(value, " and ".join(kinds), None)


def _why_unknown(baseline: Figure, candidate: Figure) -> str:
    if baseline.reason == candidate.reason:
        return str(baseline.reason)
    sides = (("baseline", baseline.reason), ("candidate", candidate.reason))
    return "; ".join(f"{side}: {reason}" for side, reason in sides if reason is not None)


def _values(
    key: Key, quantity: Quantity, baseline: Side, candidate: Side, reference: Key | None
) -> tuple[Starts, Starts, Assumed]:
    """The starts of both sides, and what to assume of their spread."""
    if quantity.unit == SIZE:
        return _starts(baseline, key, quantity), _starts(candidate, key, quantity), SIZES
    if reference is not None:
        assumed = RATIOS if quantity.key == "step" else RATIOS_OF_PARTS
        return _starts(baseline, key, quantity, reference), _starts(candidate, key, quantity, reference), assumed
    return _starts(baseline, key, quantity), _starts(candidate, key, quantity), DURATIONS


def _starts(side: Side, key: Key, quantity: Quantity, beside: Key | None = None) -> Starts:
    found = []
    for recording in side:
        others = {} if beside is None else {run.repeat: run for run in runs_of([recording], beside)}
        runs = runs_of([recording], key)
        values = (_start(run, quantity) if beside is None else _relative(run, others, quantity) for run in runs)
        starts = [start for start in values if start is not None]
        if starts:
            found.append((recording, starts))
    return found


def _relative(run: RunSummary, others: Mapping[int, RunSummary], quantity: Quantity) -> Start | None:
    """The value over that of the reference's start of the same repeat; None where it has none of the same kind."""
    other = others.get(run.repeat)
    if other is None or other.measures[quantity.key].kind != run.measures[quantity.key].kind:
        return None
    if quantity.key == "step":
        ratio = paired_log_ratio(other.turns, run.turns)
        return None if ratio is None else Start(*ratio)
    own, others_own = _start(run, quantity), _start(other, quantity)
    if own is None or others_own is None:
        return None
    return Start(own.log - others_own.log, math.hypot(own.error, others_own.error))


def _start(run: RunSummary, quantity: Quantity) -> Start | None:
    measure = run.measures[quantity.key]
    if measure.value is None or not 0 < measure.value < math.inf:
        return None
    return Start(math.log(measure.value), measure.error)
