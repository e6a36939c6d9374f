"""Compares a baseline with a candidate, each one or several recordings. docs/compare.md has the method."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from statistics import fmean

from dlprof.session.compare.differences import Difference, differences
from dlprof.session.compare.model import Comparison, Failure, Figure, LaneChange, Row
from dlprof.session.compare.quantities import QUANTITIES, SIZE, Measure, Quantity
from dlprof.session.compare.recording import Key, Recording, RunSummary
from dlprof.session.compare.spread import ASSUMED_DRIFT, Recorded, Start, effect_of
from dlprof.session.compare.stacks import frame_changes
from dlprof.session.compare.timing import Timing, timing
from dlprof.session.effects import LEVEL, MARGIN, Effect, Finding, holm
from dlprof.session.errors import NotComparable

Side = Sequence[Recording]
FORCE = "compare them all the same: --force"


def compare(
    baseline: Side, candidate: Side, margin: float = MARGIN, gate: Sequence[str] = ("step",), force: bool = False
) -> Comparison:
    """What changed from `baseline` to `candidate`, at least one recording each.

    `margin`: a smaller change is none (0.03 is 3 %). `gate`: the quantities (of GATES, or keys) that decide. `force`:
    compare also what gives figures without a meaning.

    Raises:
        NotComparable: the sides have no lane in common, one recording stands there twice, or something differs that
            makes figures incomparable.
    """
    baseline, candidate = (sorted(side, key=lambda recording: recording.started_at) for side in (baseline, candidate))
    keys = [_keys(side) for side in (baseline, candidate)]
    common = [key for key in keys[0] if key in keys[1]]
    if not common:
        has = (", ".join(map(str, side)) or "no runs" for side in keys)
        raise NotComparable("nothing in common: the baseline has {}, the candidate {}".format(*has))
    found = differences(baseline, candidate, common)
    refusal = _refusal(baseline, candidate, found)
    if refusal and not force:
        raise NotComparable(f"{refusal}; {FORCE}")
    lanes = [_lane(key, baseline, candidate, gate) for key in common]
    return Comparison(
        baseline=tuple(recording.label for recording in baseline),
        candidate=tuple(recording.label for recording in candidate),
        margin=margin,
        gate=tuple(gate),
        differences=found,
        notes=tuple(_notes(baseline, candidate, refusal)),
        failures=(*_failures("baseline", baseline), *_failures("candidate", candidate)),
        missing=tuple(_missing(*keys)),
        lanes=tuple(_judged(lanes, margin)),
    )


def _keys(side: Side) -> list[Key]:
    return list(dict.fromkeys(run.key for recording in side for run in recording.runs))


def _missing(baseline: Sequence[Key], candidate: Sequence[Key]) -> Iterator[str]:
    yield from (f"{key}: only in the baseline" for key in baseline if key not in candidate)
    yield from (f"{key}: only in the candidate" for key in candidate if key not in baseline)


def _failures(name: str, side: Side) -> Iterator[Failure]:
    for recording in side:
        for run in recording.runs:
            if run.failed:
                yield Failure(name, recording.label, run.key, run.cause or run.status)


def _refusal(baseline: Side, candidate: Side, found: Sequence[Difference]) -> str | None:
    """Why the figures of the two sides cannot be compared; None where they can."""
    seen = Counter(recording.identity for recording in (*baseline, *candidate))
    twice = next((one.label for one in (*baseline, *candidate) if seen[one.identity] > 1), None)
    if twice is not None:
        return f"{twice} stands there twice: one recording says nothing about another"
    blocking = [str(difference) for difference in found if difference.blocks]
    return "not comparable: " + "; ".join(blocking) if blocking else None


def _notes(baseline: Side, candidate: Side, refusal: str | None) -> Iterator[str]:
    if refusal:
        yield f"forced, the figures have no meaning: {refusal}"
    for recording in (*baseline, *candidate):
        if not recording.complete:
            yield f"{recording.label} is not complete: it is being recorded, or was cut short"
    if min(len(baseline), len(candidate)) > 1 and _timing(baseline, candidate) is Timing.APART:
        yield (
            "the sides were recorded further apart in time than the recordings of either: how much the machine drifted "
            "meanwhile is not known; record them in turn"
        )


def _timing(baseline: Side, candidate: Side) -> Timing:
    return timing(*([recording.started_at for recording in side] for side in (baseline, candidate)))


def _lane(key: Key, baseline: Side, candidate: Side, gate: Sequence[str]) -> LaneChange:
    rows = tuple(_row(key, quantity, baseline, candidate, gate) for quantity in QUANTITIES)
    frames = ([run.frames for recording in side for run in _runs(recording, key)] for side in (baseline, candidate))
    return LaneChange(key, rows, frame_changes(*frames))


def _runs(recording: Recording, key: Key) -> list[RunSummary]:
    return [run for run in recording.runs if run.key == key and not run.failed]


def _row(key: Key, quantity: Quantity, baseline: Side, candidate: Side, gate: Sequence[str]) -> Row:
    """A row without its verdict."""
    said = [_said(key, quantity, side) for side in (baseline, candidate)]
    figures = [_figure(measures) for measures in said]
    known = [figure.value is not None for figure in figures]
    row = Row(quantity, *figures, gates=any(known) and not {quantity.gate, quantity.key}.isdisjoint(gate))
    if not all(known):
        return replace(row, reason=_why_unknown(*figures))
    kinds = [figure.kind for figure in figures]
    if kinds[0] != kinds[1]:
        return replace(row, reason=f"measured in different ways: {kinds[0]} and {kinds[1]}")
    before, after = (
        [(recording, starts) for recording, measures in side if (starts := _starts(measures))] for side in said
    )
    when = _timing([recording for recording, _ in before], [recording for recording, _ in after])
    drift = 0.0 if quantity.unit == SIZE else ASSUMED_DRIFT
    effect, basis = effect_of([starts for _, starts in before], [starts for _, starts in after], when, drift)
    return replace(row, effect=effect, basis=basis)


def _said(key: Key, quantity: Quantity, side: Side) -> list[tuple[Recording, list[Measure]]]:
    return [(recording, [run.measures[quantity.key] for run in _runs(recording, key)]) for recording in side]


def _starts(measures: Sequence[Measure]) -> Recorded:
    return [Start(math.log(m.value), m.error) for m in measures if m.value is not None and 0 < m.value < math.inf]


def _figure(said: Sequence[tuple[Recording, Sequence[Measure]]]) -> Figure:
    measures = [measure for _, of_recording in said for measure in of_recording]
    logs = [fmean(start.log for start in starts) for _, of in said if (starts := _starts(of))]
    if not logs:
        reason = next((m.reason for m in measures if m.reason), "0 or less" if measures else "no run that did not fail")
        return Figure(None, "", reason)
    kinds = sorted({measure.kind for measure in measures if measure.value is not None})
    return Figure(math.exp(fmean(logs)), " and ".join(kinds), None)


def _why_unknown(baseline: Figure, candidate: Figure) -> str:
    if baseline.reason == candidate.reason:
        return str(baseline.reason)
    sides = (("baseline", baseline.reason), ("candidate", candidate.reason))
    return "; ".join(f"{side}: {reason}" for side, reason in sides if reason is not None)


def _judged(lanes: Sequence[LaneChange], margin: float) -> Iterator[LaneChange]:
    rows = iter(_verdicts([row for lane in lanes for row in lane.rows], margin))
    for lane in lanes:
        yield replace(lane, rows=tuple(islice(rows, len(lane.rows))))


def _verdicts(rows: Sequence[Row], margin: float) -> list[Row]:
    """The rows with their verdicts: those of the gate are one family, all others are another."""
    judged = list(rows)
    for gates in (True, False):
        family = [(index, row.effect) for index, row in enumerate(rows) if row.gates is gates and row.effect]
        alone = [effect.chance(margin) for _, effect in family]
        for (index, effect), own, together in zip(family, alone, holm(alone), strict=True):
            judged[index] = _with_verdict(rows[index], effect, margin, own, together, len(family))
    return judged


def _with_verdict(row: Row, effect: Effect, margin: float, alone: float, together: float, family: int) -> Row:
    finding = effect.finding(margin, together)
    reason = _why_undecided(effect, margin, alone, family) if finding is Finding.UNDECIDED else None
    return replace(row, verdict=row.quantity.word(finding), reason=reason, chance=together)


def _why_undecided(effect: Effect, margin: float, alone: float, family: int) -> str:
    beyond = abs(effect.log) > math.log1p(margin)
    if beyond and alone <= LEVEL:
        return f"a change by itself, but not among {family} rows that are looked at together"
    if effect.assumed:
        return f"only a change of {effect.named_from(margin) - 1:.0%} or more would be named: record several, in turn"
    if beyond:
        return "beyond the margin, but the recordings differ too much from one another"
    return "within the margin, but the interval reaches beyond it"
