"""A report as one HTML page: tables and plots, without scripts and without anything to load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from dlprof.session.report.plots import plots
from dlprof.session.report.recommendations import NO_CLEAR_WINNER
from dlprof.session.report.runs import by_lane, pair_lines, remarks, run_cells, run_name, session_lines
from dlprof.session.report.style import STYLE
from dlprof.session.report.tables_text import missing
from dlprof.session.report.wording import (
    LEGEND,
    basis_text,
    carrying_rows,
    figure_text,
    interval_text,
    recommendation_text,
    title,
    winner_text,
)
from dlprof.session.text import clean_line

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Nothing is fetched and nothing runs, whatever stands in the page."""
_LONGEST = 400
_SHOWN = 3
"""More figures than this are folded away in a card."""


def report_html(figures: Mapping[str, Any], state: str | None = None) -> str:
    """The report `figures` (of `report.figures.report`); `state` is the session's, where known.

    In ASCII, with references for all other characters: it is the same page in whatever encoding it is written.
    """
    what, *where = session_lines(dict(figures), state)
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>dlprof: {_text(what)}</title>",
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        f"<h1>dlprof: {_text(what)}</h1>",
        *(f'<p class="quiet">{_text(line)}</p>' for line in where),
        *_recommendations(figures["recommendations"], figures["tables"]),
    ]
    for task in dict.fromkeys(run["task"] for run in figures["runs"]):
        lines += _task(task, figures)
    lines += ["<h2>How to read this</h2>", *_list(line.replace("`", "") for line in LEGEND), "</body>", "</html>"]
    return "\n".join(lines).encode("ascii", "xmlcharrefreplace").decode("ascii")


def _recommendations(found: Sequence[Mapping[str, Any]], tables: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield '<div class="cards">'
    for one in found:
        yield f'<section class="card"><h3>{_text(_capital(one["purpose"]))}</h3>'
        lane, text = one["lane"], recommendation_text(one)
        if lane is None:
            yield f'<div class="none">{NO_CLEAR_WINNER}</div><p>{_text(text.removeprefix(f"{NO_CLEAR_WINNER}: "))}</p>'
        else:
            yield f'<div class="lane">{_text(lane)}</div><p>{_text(_capital(text.removeprefix(f"{lane}, ")))}</p>'
        figures = [_carried(table, row) for table, row in carrying_rows(one, tables)]
        shown, folded = (figures, []) if len(figures) <= _SHOWN else ([], figures)
        yield from _list(shown)
        yield from (
            [f"<details><summary>{len(folded)} figures</summary>", *_list(folded), "</details>"] if folded else []
        )
        yield "</section>"
    yield "</div>"


def _carried(table: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    figures = ", ".join(f"{lane} {figure_text(row['unit'], own)}" for lane, own in row["lanes"].items())
    return f"{table['task']}, {row['label']}: {winner_text(row)}. {figures}"


def _task(task: str, figures: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2>{_text(task)}</h2>"
    for table in figures["tables"]:
        if table["task"] == task and table["rows"]:
            yield f"<h3>{_text(_capital(title(table)))}</h3>"
            yield from (f"<figure>{_caption(svg)}{svg}</figure>" for svg in plots(table))
            yield from _table(table)
            yield from _list(missing(table), "notes")
    runs = by_lane([run for run in figures["runs"] if run["task"] == task])
    pairs = [pair for pair in figures["lanes"] if pair["task"] == task]
    yield "<details><summary>Each start by itself, and the verdicts on steps</summary>"
    yield from _runs(runs)
    yield from _list([*remarks(runs, bool(pairs)), *("; ".join(pair_lines(pair)) for pair in pairs)], "notes")
    yield "</details>"


def _caption(svg: str) -> str:
    """The plot's own title, which is escaped already."""
    return f"<figcaption>{svg.partition('<title>')[2].partition('</title>')[0]}</figcaption>"


def _table(table: Mapping[str, Any]) -> Iterator[str]:
    lanes = table["lanes"]
    shown = [row for row in table["rows"] if any(figure["value"] is not None for figure in row["lanes"].values())]
    if not shown:
        return
    yield '<div class="wide"><table><thead><tr><th></th>'
    yield from (f"<th>{_text(lane)}</th>" for lane in lanes)
    yield '<th class="why">winner</th></tr></thead><tbody>'
    for row in shown:
        cells = "".join(_cell(row, lane) for lane in lanes)
        yield f'<tr><th>{_text(row["label"])}</th>{cells}<td class="why">{_winner(row)}</td></tr>'
    yield "</tbody></table></div>"


def _cell(row: Mapping[str, Any], lane: str) -> str:
    figure = row["lanes"][lane]
    best = ' class="best"' if row["winner"] == lane else ""
    return (
        f'<td{best} title="{_text(interval_text(row["unit"], figure))}">{_text(figure_text(row["unit"], figure))}</td>'
    )


def _winner(row: Mapping[str, Any]) -> str:
    if not row["pairs"]:
        return ""
    basis = basis_text(row)
    text = _text(winner_text(row)) if row["winner"] is None else f"<strong>{_text(winner_text(row))}</strong>"
    return f"{text}<br><small>{_text(basis)}</small>" if basis else text


def _runs(runs: list[dict[str, Any]]) -> Iterator[str]:
    columns = [[cell for _, cell in run_cells(run)] for run in runs]
    yield '<div class="wide"><table><thead><tr><th></th>'
    yield from (f"<th>{_text(run_name(run))}</th>" for run in runs)
    yield "</tr></thead><tbody>"
    for (label, _), *cells in zip(run_cells(runs[0]), *columns, strict=True):
        yield f"<tr><th>{_text(label)}</th>{''.join(f'<td>{_text(cell)}</td>' for cell in cells)}</tr>"
    yield "</tbody></table></div>"


def _list(lines: Iterator[str] | Sequence[str], kind: str = "") -> list[str]:
    found = [f"<li>{_text(line)}</li>" for line in lines]
    return [f'<ul class="{kind}">' if kind else "<ul>", *found, "</ul>"] if found else []


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _text(text: Any) -> str:
    """A foreign string as text of the page."""
    return escape(clean_line(str(text), _LONGEST))
