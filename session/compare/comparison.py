"""Compares a baseline with a candidate, each one or several recordings. docs/compare.md has the method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dlprof.session.compare.differences import Difference, differences
from dlprof.session.compare.extent import added
from dlprof.session.compare.judging import judged
from dlprof.session.compare.model import FAILED, Comparison, Failure, LaneChange
from dlprof.session.compare.quantities import QUANTITIES
from dlprof.session.compare.recording import Key, Recording, runs_of
from dlprof.session.compare.rows import Side, row_of
from dlprof.session.compare.stacks import frame_changes
from dlprof.session.compare.timing import Timing, timing
from dlprof.session.compare.trials import format_changes
from dlprof.session.compare.wording import reasons_text
from dlprof.session.effects import MARGIN
from dlprof.session.errors import NotComparable, Refused
from dlprof.session.liveness import other_host
from dlprof.session.records import FINAL_STATUSES, INTERRUPTED, UNFINISHED
from dlprof.session.store import COMPLETE, state
from dlprof.session.text import clean_line

DISTURBED_SHARE = 0.1
"""Share of a recording's turns that may be disturbed before it is said."""


def compare(
    baseline: Side,
    candidate: Side,
    margin: float = MARGIN,
    gate: Sequence[str] = ("step",),
    reference: str | None = None,
    force: bool = False,
) -> Comparison:
    """What changed from `baseline` to `candidate`, at least one recording each.

    `margin`: a smaller change is none (0.03 is 3 %). `gate`: the quantities (of GATES, or keys) that decide.
    `reference`: a lane that did not change; what it changed by all the same is the machine's. `force`: compare also
    what gives figures without a meaning.

    Raises:
        NotComparable: the sides have no lane in common, or no such reference.
        Refused: one recording stands there twice, something differs that makes figures incomparable, or no row that
            `gate` names has a figure.
    """
    baseline, candidate = (sorted(side, key=lambda recording: recording.started_at) for side in (baseline, candidate))
    keys = [_keys(side) for side in (baseline, candidate)]
    common = [key for key in keys[0] if key in keys[1]]
    if not common:
        has = (", ".join(map(str, side)) or "no runs" for side in keys)
        raise NotComparable("nothing in common: the baseline has {}, the candidate {}".format(*has))
    references = _references(common, reference)
    found = differences(baseline, candidate, common)
    refusal = _refusal(baseline, candidate, found, references)
    if refusal and not force:
        raise Refused(refusal)
    lanes = [_lane(key, baseline, candidate, gate, references.get(key.task)) for key in common]
    comparison = Comparison(
        baseline=tuple(recording.label for recording in baseline),
        candidate=tuple(recording.label for recording in candidate),
        margin=margin,
        gate=tuple(gate),
        reference=reference,
        differences=found,
        notes=(*_notes(baseline, candidate, refusal, reference), *_idle_gates(lanes, gate)),
        failures=(*_failures("baseline", baseline), *_failures("candidate", candidate)),
        missing=tuple(_missing(*keys)),
        lanes=tuple(judged(lanes, margin)),
    )
    if not comparison.gate_rows and comparison.outcome != FAILED and not force:
        raise Refused(f"nothing to decide by: {'; '.join(_idle_gates(lanes, gate))}")
    return comparison


def _idle_gates(lanes: Sequence[LaneChange], gate: Sequence[str]) -> Iterator[str]:
    """The words of `gate` that no row decides by, each with the reason as far as one is known."""
    for word in gate:
        asked = [row for lane in lanes for row in lane.rows if row.quantity.is_in([word])]
        if not any(row.gates for row in asked):
            reasons = "; ".join(reasons_text(asked)) or "there is no lane beside the reference"
            yield f"--gate {word} has no row ({reasons})"


def _references(common: Sequence[Key], reference: str | None) -> dict[str, Key]:
    """The reference lane of each task; empty where none is asked for."""
    if reference is None:
        return {}
    found = {key.task: key for key in common if key.lane == reference}
    without = next((key.task for key in common if key.task not in found), None)
    if without is not None:
        raise NotComparable(
            f"no lane {reference!r} of {without} on both sides; there are: {', '.join(map(str, common))}"
        )
    return found


def _keys(side: Side) -> list[Key]:
    return list(dict.fromkeys(run.key for recording in side for run in recording.runs))


def _missing(baseline: Sequence[Key], candidate: Sequence[Key]) -> Iterator[str]:
    yield from (f"{key}: only in the baseline" for key in baseline if key not in candidate)
    yield from (f"{key}: only in the candidate" for key in candidate if key not in baseline)


def _failures(name: str, side: Side) -> Iterator[Failure]:
    for recording in side:
        for run in recording.runs:
            if run.failed or run.status == INTERRUPTED:
                yield Failure(name, recording.label, run.key, run.cause or run.status)
            elif run.status not in FINAL_STATUSES and _is_cut_off(recording):
                yield Failure(name, recording.label, run.key, f"{run.status} when its recording was cut off")


def _is_cut_off(recording: Recording) -> bool:
    """Whether it has no end, and gets none."""
    return state(recording.meta, ()) == UNFINISHED


def _unended(recording: Recording) -> str:
    """Why a recording has no end."""
    host = other_host(recording.meta)
    if host is not None:
        return f"whether it goes on can be told only on {clean_line(host, 64)}"
    return "its recorder was killed, or it is a copy" if _is_cut_off(recording) else "it is being recorded"


def _refusal(baseline: Side, candidate: Side, found: Sequence[Difference], references: Mapping[str, Key]) -> str | None:
    """Why the figures of the two sides cannot be compared; None where they can."""
    seen = Counter(recording.identity for recording in (*baseline, *candidate))
    twice = next((one.label for one in (*baseline, *candidate) if seen[one.identity] > 1), None)
    if twice is not None:
        return f"{twice} stands there twice: one recording says nothing about another"
    blocking = [str(difference) for difference in found if difference.blocks]
    if blocking:
        return "not comparable: " + "; ".join(blocking)
    lanes = {str(key) for key in references.values()}
    changed = next((str(difference) for difference in found if difference.where in lanes), None)
    return f"a lane that changed is no reference: {changed}" if changed else None


def _notes(baseline: Side, candidate: Side, refusal: str | None, reference: str | None) -> Iterator[str]:
    if refusal:
        yield f"forced, the figures have no meaning: {refusal}"
    if reference is not None:
        yield f"ratios of durations and rates are relative to lane {reference}, start by start"
    for recording in (*baseline, *candidate):
        if not recording.meta.get("complete"):
            yield f"{recording.label} is unfinished: {_unended(recording)}"
        elif (ended := state(recording.meta, [run.status for run in recording.runs])) != COMPLETE:
            yield f"{recording.label}: {ended}"
        if recording.is_redacted:
            yield f"{recording.label} is a redacted copy: whether it is of another host is not known"
        extent = recording.extent
        if (extent.disturbed or 0) > DISTURBED_SHARE * extent.turns:
            yield f"{recording.label}: {extent.disturbed} of {extent.turns} turns were disturbed from outside"
    moments = ([recording.started_at for recording in side] for side in (baseline, candidate))
    if min(len(baseline), len(candidate)) > 1 and timing(*moments) is Timing.APART:
        yield (
            "the sides were recorded further apart in time than the recordings of either: how much the machine drifted "
            "meanwhile is not known; record them in turn"
        )


def _lane(key: Key, baseline: Side, candidate: Side, gate: Sequence[str], reference: Key | None) -> LaneChange:
    is_reference = key == reference
    rows = (
        row_of(
            key,
            quantity,
            baseline,
            candidate,
            gates=not is_reference and quantity.is_in(gate),
            reference=None if is_reference else reference,
        )
        for quantity in QUANTITIES
    )
    before, after = (runs_of(side, key) for side in (baseline, candidate))
    frames = ([run.frames for run in runs] for runs in (before, after))
    extents = added(run.extent for run in before), added(run.extent for run in after)
    formats = tuple(format_changes(key, baseline, candidate))
    return LaneChange(key, tuple(rows), frame_changes(*frames), extents, formats)
