"""The tables and recommendations of a report, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlprof.session.layout import side_by_side, wrapped
from dlprof.session.report.wording import (
    basis_text,
    carrying_rows,
    figure_text,
    recommendation_text,
    title,
    winner_text,
)
from dlprof.session.text import clean_line

LEGEND = (
    "Tables: means over the starts of a lane. ± is half the 95 % interval: over the starts from three on, over the "
    "turns of a single start; of two starts half of what their values or intervals span; without ± nothing is known of "
    "it. A winner is better than "
    "each other lane: beyond 3 %, by an interval that excludes 1. Recommended is who wins more than half of the "
    "figures and is beaten in none."
)
_LONGEST_NAME = 100
_LONGEST_LINE = 4000


def tables_text(tables: Sequence[Mapping[str, Any]], width: int) -> Iterator[str]:
    """Lines of at most `width`: each table, its winners, and why figures are not there."""
    for table in tables:
        if table["rows"]:
            yield ""
            yield from _clean(f"{table['task']}, {title(table)}", width, "")
            yield from _table(table, width)


def _table(table: Mapping[str, Any], width: int) -> Iterator[str]:
    shown = [row for row in table["rows"] if any(figure["value"] is not None for figure in row["lanes"].values())]
    named = [
        (clean_line(lane, _LONGEST_NAME), [clean_line(figure_text(row["unit"], row["lanes"][lane])) for row in shown])
        for lane in table["lanes"]
    ]
    if shown:
        yield from side_by_side([row["label"] for row in shown], named, width)
    for row in shown:
        if row["pairs"]:
            basis = basis_text(row)
            yield from _clean(f"{row['label']}: {winner_text(row)}{f'; {basis}' if basis else ''}", width, "  ")
    for line in missing(table):
        yield from _clean(line, width, "  ")


def missing(table: Mapping[str, Any]) -> Iterator[str]:
    """Why figures of a table are not available: lanes and rows of one reason in one line."""
    said: dict[str, dict[str, list[str]]] = {}
    for row in table["rows"]:
        for lane, figure in row["lanes"].items():
            if figure["value"] is None:
                said.setdefault(str(figure["value_reason"]), {}).setdefault(lane, []).append(row["label"])
    for reason, lanes in said.items():
        rows = [*dict.fromkeys(tuple(labels) for labels in lanes.values())]
        for labels in rows:
            of = [lane for lane, own in lanes.items() if tuple(own) == labels]
            whose = "" if of == [*table["lanes"]] else f"{', '.join(of)} "
            every = len(labels) == len(table["rows"])
            yield f"{whose}{'all of it' if every else ', '.join(labels)}: n/a: {reason}"


def recommendations_text(
    found: Sequence[Mapping[str, Any]], tables: Sequence[Mapping[str, Any]], width: int
) -> Iterator[str]:
    """The recommendations, each with the figures that carry it."""
    yield from ("", "recommendations")
    for one in found:
        yield from _clean(f"{one['purpose']}: {recommendation_text(one)}", width, "")
        for table, row in carrying_rows(one, tables):
            figures = ", ".join(f"{lane} {figure_text(row['unit'], own)}" for lane, own in row["lanes"].items())
            yield from _clean(f"{table['task']}, {row['label']}: {winner_text(row)}. {figures}", width, "  ")


def _clean(text: str, width: int, indent: str) -> list[str]:
    return wrapped(clean_line(text, _LONGEST_LINE), width, indent, f"{indent}  ")
