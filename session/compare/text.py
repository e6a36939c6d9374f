"""A comparison as text for a terminal, at most 100 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from dlprof.session.compare.model import Comparison, LaneChange, Row
from dlprof.session.compare.wording import (
    basis_text,
    change_text,
    figure_text,
    frame_text,
    outcome_text,
    ratio_text,
    reasons_text,
)
from dlprof.session.text import clean_line

LEGEND = (
    "*: decides (--gate). ratio: candidate over baseline, with its 95 % interval. faster, slower, less,",
    "more: beyond the margin, and more than recordings of one thing differ. same: within the margin, both",
    "one-sided 5 % tests. ~: an estimate, from parts compiled apart. The rows that decide name a change",
    "that is none in at most 5 of 100 comparisons, all together; and so do all others. docs/compare.md has",
    "the method.",
)
_WIDTH = 100


def comparison_text(comparison: Comparison) -> str:
    """`comparison` in words and tables."""
    lines = [*_labelled("baseline", comparison.baseline), *_labelled("candidate", comparison.candidate)]
    lines += _labelled("differs", [str(difference) for difference in comparison.differences])
    lines += _labelled("missing", comparison.missing)
    lines += _labelled("note", comparison.notes)
    failures = (f"{one.side} {one.recording}, {one.key}: {one.cause}" for one in comparison.failures)
    lines += _labelled("failed", list(failures))
    for lane in comparison.lanes:
        lines += ["", *_lane(lane)]
    lines += ["", clean_line(outcome_text(comparison), _WIDTH)]
    decided = (f"{key} {row.quantity.label}: {change_text(row)}" for key, row in comparison.gate_rows)
    lines += [f"  {clean_line(line, _WIDTH - 2)}" for line in decided]
    return "\n".join([*lines, "", *LEGEND])


def _labelled(label: str, values: Sequence[str]) -> list[str]:
    return [f"{label if index == 0 else '':10} {clean_line(value, 400)}" for index, value in enumerate(values)]


def _lane(lane: LaneChange) -> Iterator[str]:
    yield f"{clean_line(str(lane.key), 60):20}{'baseline':>14}{'candidate':>14}{'ratio':>9}{'95 %':>16}  verdict"
    yield from (_row(row) for row in lane.rows if row.is_known)
    if lane.basis is not None:
        yield f"  {basis_text(lane.basis)}"
    for line in reasons_text(lane.rows):
        yield from wrap(clean_line(line, 1000), _WIDTH, initial_indent="  ", subsequent_indent="    ")
    if lane.frames:
        yield "  share of the sampled time, function by function:"
        yield from (f"    {clean_line(frame_text(frame), 96)}" for frame in lane.frames)


def _row(row: Row) -> str:
    mark = "*" if row.gates else " "
    before, after = (figure_text(row.quantity, figure) for figure in (row.baseline, row.candidate))
    ratio, interval = ratio_text(row)
    return f"{mark} {row.quantity.label:18}{before:>14}{after:>14}{ratio:>9}{interval:>16}  {row.verdict}"
