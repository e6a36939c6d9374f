"""A report as GitHub's Markdown: recommendations, tables, and each run folded away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlprof.session.report.runs import by_lane, pair_lines, remarks, run_cells, run_name, session_lines
from dlprof.session.report.tables_text import missing
from dlprof.session.report.wording import (
    LEGEND,
    carrying_rows,
    figure_text,
    recommendation_text,
    title,
    winner_text,
)
from dlprof.session.text import clean_line

_PLAIN = re.compile(r"[\w .,:;()'/%±+~=-]*")
"""Text in which nothing is Markdown."""
_LONGEST = 400


def report_markdown(figures: Mapping[str, Any], state: str | None = None) -> str:
    """The report `figures` (of `report.figures.report`); `state` is the session's, where known."""
    tables, runs = figures["tables"], figures["runs"]
    what, *where = session_lines(dict(figures), state)
    lines = [f"# dlprof report: {_safe(what)}", "", *(f"{_safe(line)}  " for line in where), ""]
    lines += ["## Recommendations", "", *_recommendations(figures["recommendations"], tables)]
    for task in dict.fromkeys(run["task"] for run in runs):
        lines += ["", f"## {_safe(task)}"]
        for table in tables:
            if table["task"] == task and table["rows"]:
                lines += ["", f"### {_safe(_capital(title(table)))}", "", *_table(table)]
        of_task = by_lane([run for run in runs if run["task"] == task])
        lines += ["", *_runs(of_task, [pair for pair in figures["lanes"] if pair["task"] == task])]
    return "\n".join([*lines, "", "## How to read this", "", *(f"- {line}" for line in LEGEND)])


def _recommendations(found: Sequence[Mapping[str, Any]], tables: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in found:
        yield f"- **{_capital(one['purpose'])}**: {_safe(recommendation_text(one))}"
        for table, row in carrying_rows(one, tables):
            figures = ", ".join(f"{lane} {figure_text(row['unit'], own)}" for lane, own in row["lanes"].items())
            yield f"  - {_safe(table['task'])}, {row['label']}: {_safe(winner_text(row))}. {_safe(figures)}"


def _table(table: Mapping[str, Any]) -> Iterator[str]:
    lanes = table["lanes"]
    shown = [row for row in table["rows"] if any(figure["value"] is not None for figure in row["lanes"].values())]
    if shown:
        yield f"| | {' | '.join(map(_safe, lanes))} | winner |"
        yield f"|---|{'---:|' * len(lanes)}---|"
    for row in shown:
        cells = (_safe(figure_text(row["unit"], row["lanes"][lane])) for lane in lanes)
        yield f"| {row['label']} | {' | '.join(cells)} | {_safe(winner_text(row)) if row['pairs'] else ''} |"
    yield ""
    yield from (f"- {_safe(line)}" for line in missing(table))


def _runs(runs: list[dict[str, Any]], pairs: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What each start says by itself, and the verdicts on steps with what they rest on."""
    yield "<details><summary>Each start by itself, and the verdicts on steps</summary>"
    yield ""
    columns = [[cell for _, cell in run_cells(run)] for run in runs]
    labels = [label.strip() for label, _ in run_cells(runs[0])]
    yield f"| | {' | '.join(_safe(run_name(run)) for run in runs)} |"
    yield f"|---|{'---:|' * len(runs)}"
    for label, *cells in zip(labels, *columns, strict=True):
        yield f"| {label} | {' | '.join(map(_safe, cells))} |"
    yield ""
    yield from (f"- {_safe(line)}" for line in remarks(runs, bool(pairs)))
    yield from (f"- {'; '.join(map(_safe, pair_lines(pair)))}" for pair in pairs)
    yield ""
    yield "</details>"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _safe(text: str) -> str:
    """A foreign string in which nothing is Markdown, HTML, a mention or a link: as it is, or as code."""
    text = clean_line(str(text), _LONGEST)
    if _PLAIN.fullmatch(text) and "://" not in text and "www." not in text and "__" not in text and "~~" not in text:
        return text
    return f"`{text.replace('`', chr(39)).replace('|', chr(92) + '|')}`"
