"""A comparison as Markdown, for the comment of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from dlprof.session.compare.model import Comparison, LaneChange, Row
from dlprof.session.compare.quantities import INCONCLUSIVE, SAME
from dlprof.session.compare.wording import (
    basis_text,
    change_text,
    extent_rows,
    figure_text,
    frame_text,
    outcome_text,
    ratio_text,
    reasons_text,
)
from dlprof.session.text import clean_line


def comparison_markdown(comparison: Comparison) -> str:
    """`comparison` as GitHub's Markdown: what decides first, all else folded away."""
    sides = f"{len(comparison.baseline)} and {len(comparison.candidate)} recordings"
    lines = [f"### dlprof compare: {outcome_text(comparison)}", ""]
    lines += [f"- {_code(f'{key} {row.quantity.label}')}: **{change_text(row)}**" for key, row in comparison.gate_rows]
    lines += [f"- {one.side} run failed: {_code(f'{one.key}: {one.cause}')}" for one in comparison.failures]
    lines += [f"- differs: {_code(str(difference))}" for difference in comparison.differences]
    lines += [f"- {_code(note)}" for note in (*comparison.missing, *comparison.notes)]
    for lane in comparison.lanes:
        lines += ["", *_lane(lane)]
    names = ", ".join(map(_code, comparison.baseline)), ", ".join(map(_code, comparison.candidate))
    return "\n".join([*lines, "", f"Baseline {names[0]}; candidate {names[1]}: {sides}."])


def _lane(lane: LaneChange) -> Iterator[str]:
    shown = [row for row in lane.rows if row.is_known]
    moved = [row for row in shown if row.verdict not in (SAME, INCONCLUSIVE)]
    yield f"<details{' open' if moved else ''}><summary>{_html(str(lane.key))}</summary>"
    yield ""
    yield "| | baseline | candidate | ratio | 95 % interval | verdict |"
    yield "|---|---:|---:|---:|---:|---|"
    yield from map(_row, shown)
    yield from (
        f"| {label.strip()} | {before} | {after} | | | |" for label, before, after in extent_rows(*lane.extents)
    )
    yield ""
    yield from [] if lane.basis is None else [f"{basis_text(lane.basis)}.", ""]
    yield from (f"- {_code(line)}" for line in (*reasons_text(lane.rows), *map(frame_text, lane.frames)))
    yield ""
    yield "</details>"


def _row(row: Row) -> str:
    figures = [figure_text(row.quantity, figure) for figure in (row.baseline, row.candidate)]
    label = f"**{row.quantity.label}**" if row.gates else row.quantity.label
    verdict = row.verdict if row.verdict in (SAME, INCONCLUSIVE) else f"**{row.verdict}**"
    return f"| {' | '.join((label, *figures, *ratio_text(row), verdict))} |"


def _code(text: str) -> str:
    """A foreign string in which nothing is Markdown, a mention or a link."""
    return f"`{clean_line(text, 300).replace('`', chr(39))}`"


def _html(text: str) -> str:
    return clean_line(text, 100).replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;")
