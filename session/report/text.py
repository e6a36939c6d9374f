"""A report as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dlprof.session.layout import side_by_side, wrapped
from dlprof.session.report.deployment_text import LEGEND as DEPLOYMENT_LEGEND
from dlprof.session.report.deployment_text import deployment_text
from dlprof.session.report.runs import by_lane, pair_lines, remarks, run_cells, run_name, session_lines
from dlprof.session.report.tables_text import LEGEND as TABLES_LEGEND
from dlprof.session.report.tables_text import recommendations_text, tables_text
from dlprof.session.text import clean_line

LEGEND = (
    "p50 in ms over counted steps: not warm-up, cold (right after a wait), compiled anew or dark (unstamped). "
    "Clocks: h host, g in-graph, e cuda-event, ~ probe (an estimate), - not available. other: what the measured "
    "phases leave of the step. cost: what dlprof adds, from steps without stamps and turns without stack sampling. "
    "Intervals are 95 %. One start of a process differs from the next by 1-2 %, which only repeats show. Faster: "
    "beyond the margin, by repeats whose interval excludes 1, or by an interval beyond the margin where the "
    "spread of starts is assumed. Same: within the margin, both one-sided 5 % tests. "
    "Host memory: what import, model and first steps add, resident; the peak is of training, and may be less "
    "than their sum; with other processes in the task it shares out pages that several have (PSS); growth a second of "
    "stepping, if it is not 0."
)


def report_text(figures: dict[str, Any], width: int, state: str | None = None) -> str:
    """The report `figures` (of `report.figures.report`) in words and tables of at most `width` columns.

    `state` is the session's, where known.
    """
    lines = [line for text in session_lines(figures, state) for line in wrapped(text, width, "", "  ")]
    for task in dict.fromkeys(run["task"] for run in figures["runs"]):
        runs = by_lane([run for run in figures["runs"] if run["task"] == task])
        pairs = [pair for pair in figures["lanes"] if pair["task"] == task]
        lines += ["", *wrapped(clean_line(task), width), *_columns(runs, width)]
        lines += [line for text in remarks(runs, bool(pairs)) for line in wrapped(text, width, "", "  ")]
        lines += [line for pair in pairs for line in _pair(pair, width)]
        lines += _frames(runs, width)
        lines += deployment_text([(run_name(run), run["deploy"]) for run in runs], width)
    lines += tables_text(figures["tables"], width)
    lines += recommendations_text(figures["recommendations"], figures["tables"], width)
    deployed = any(run["deploy"] is not None for run in figures["runs"])
    legends = [LEGEND, *([DEPLOYMENT_LEGEND] if deployed else []), TABLES_LEGEND]
    return "\n".join([*lines, "", *(line for legend in legends for line in wrapped(legend, width))])


def _pair(pair: dict[str, Any], width: int) -> Iterator[str]:
    verdict, *basis = pair_lines(pair)
    yield from wrapped(verdict, width, "", "    ")
    for text in basis:
        yield from wrapped(text, width, "  ", "    ")


def _columns(runs: list[dict[str, Any]], width: int) -> Iterator[str]:
    """A column for each run, the starts of a lane next to each other."""
    labels = [label for label, _ in run_cells(runs[0])]
    return side_by_side(labels, [(run_name(run), [cell for _, cell in run_cells(run)]) for run in runs], width)


def _frames(runs: list[dict[str, Any]], width: int) -> Iterator[str]:
    sampled = [run for run in runs if run["stacks"]["top"]]
    if sampled:
        yield from ("", "hottest frames")
    for run in sampled:
        yield from wrapped(run_name(run), width)
        for top in run["stacks"]["top"][:3]:
            yield from wrapped(clean_line(f"{top['share']:4.0%}  {top['frame']}", 400), width, "  ", " " * 8)
