"""A comparison as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlprof.session.compare.model import Comparison, FormatChange, LaneChange, Row
from dlprof.session.compare.wording import (
    basis_text,
    change_text,
    extent_rows,
    figure_text,
    frame_text,
    outcome_text,
    ratio_text,
    reasons_text,
    trial_reasons,
    trial_texts,
)
from dlprof.session.layout import columns, wrapped
from dlprof.session.text import clean_line

LEGEND = (
    "*: decides (--gate). ratio: candidate over baseline, with its 95 % interval. same: shown to be within the margin. "
    "~: an estimate. More: docs/compare.md"
)
_LABEL = 10


def comparison_text(comparison: Comparison, width: int) -> str:
    """`comparison` in words and tables, words at most `width` columns wide."""
    lines = [*_labelled("baseline", comparison.baseline, width), *_labelled("candidate", comparison.candidate, width)]
    lines += _labelled("differs", [str(difference) for difference in comparison.differences], width)
    lines += _labelled("missing", comparison.missing, width)
    lines += _labelled("note", comparison.notes, width)
    failures = [f"{one.side} {one.recording}, {one.key}: {one.cause}" for one in comparison.failures]
    lines += _labelled("failed", failures, width)
    for lane in comparison.lanes:
        lines += ["", *_lane(lane, width)]
    lines += ["", *wrapped(clean_line(outcome_text(comparison)), width)]
    for key, row in comparison.gate_rows:
        lines += wrapped(clean_line(f"{key} {row.quantity.label}: {change_text(row)}"), width, "  ", "    ")
    return "\n".join([*lines, "", *wrapped(LEGEND, width)])


def _labelled(label: str, values: Sequence[str], width: int) -> Iterator[str]:
    for index, value in enumerate(values):
        first = f"{label if index == 0 else '':{_LABEL}} "
        yield from wrapped(clean_line(value, 400), width, first, " " * len(first))


def _lane(lane: LaneChange, width: int) -> Iterator[str]:
    yield from wrapped(clean_line(str(lane.key), 200), width)
    rows = [("", "baseline", "candidate", "ratio", "95 %", "verdict")]
    rows += [_row(row) for row in lane.rows if row.is_known]
    rows += [(f"  {label}", before, after, "", "", "") for label, before, after in extent_rows(*lane.extents)]
    yield from columns(rows, "<>>>><")
    if lane.basis is not None:
        yield from wrapped(basis_text(lane.basis), width, "  ", "    ")
    for line in reasons_text(lane.rows):
        yield from wrapped(clean_line(line, 1000), width, "  ", "    ")
    for of in lane.formats:
        yield from _format(of, width)
    if lane.frames:
        yield "  share of the sampled time, function by function:"
        for frame in lane.frames:
            yield from wrapped(clean_line(frame_text(frame)), width, "    ", "      ")


def _format(of: FormatChange, width: int) -> Iterator[str]:
    yield from wrapped(clean_line(f"deployed as {of.name}", 200), width, "  ", "    ")
    rows = ((f"    {row.quantity.label}", *_figures(row), *trial_texts(row)) for row in of.rows if row.is_known)
    yield from columns([*rows], "<>>>><")
    for line in trial_reasons(of.rows):
        yield from wrapped(clean_line(line, 1000), width, "    ", "      ")


def _figures(row: Row) -> tuple[str, str]:
    return figure_text(row.quantity, row.baseline), figure_text(row.quantity, row.candidate)


def _row(row: Row) -> tuple[str, ...]:
    mark = "*" if row.gates else " "
    return f"{mark} {row.quantity.label}", *_figures(row), *ratio_text(row), row.verdict
