"""Which plots go with which table of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlprof.session.records import PHASES
from dlprof.session.report.plotting import Bar, Part, Point, bars, points
from dlprof.session.report.tables import DEPLOYMENT, MEMORY, MS, SIZE, TIME
from dlprof.session.report.wording import figure_text, value_text
from dlprof.session.text import clean_line

_STAGES = ("host_before_import_bytes", "host_import_bytes", "host_model_bytes", "host_first_steps_bytes")
_WITH_INTERVALS = {TIME: ("step", "forward", "backward"), DEPLOYMENT: ("cold_start_ms", "latency_p50_ms")}
_MIB = 1 << 20
_LONGEST_NAME = 60


def plots(table: Mapping[str, Any]) -> Iterator[str]:
    """The plots of `table` as SVG; none where there is nothing to draw."""
    rows = {row["quantity"]: row for row in table["rows"]}
    task, lanes = table["task"], table["lanes"]
    if table["table"] == TIME and _known(rows, "step"):
        name = f"{task}: medians of a step's phases; on the right that of the whole step"
        yield bars([*_steps(rows, lanes)], "ms", name)
    if table["table"] == MEMORY and _known(rows, "host_peak_bytes"):
        name = f"{task}: host memory by stage; the line is the peak while training"
        yield bars([*_footprints(rows, lanes)], "MiB", name)
    for quantity in _WITH_INTERVALS.get(table["table"], ()):
        if _known(rows, quantity):
            found = [*_points(rows[quantity])]
            yield points(found, "ms", f"{task}: {rows[quantity]['label']}{_interval_words(found)}")


def _interval_words(found: Sequence[Point]) -> str:
    there = [point.low is not None for point in found]
    return ", with its interval" if all(there) else ", with its interval where there is one" if any(there) else ""


def _known(rows: Mapping[str, Any], quantity: str) -> bool:
    return quantity in rows and any(figure["value"] is not None for figure in rows[quantity]["lanes"].values())


def _steps(rows: Mapping[str, Any], lanes: Sequence[str]) -> Iterator[Bar]:
    """What the known phases leave of the step is a part of its own, where they are fewer than all."""
    for lane in lanes:
        step = rows["step"]["lanes"][lane]
        known = [
            (colour, name, rows[name]["lanes"][lane])
            for colour, name in enumerate(PHASES)
            if (rows[name]["lanes"][lane]["value"] or 0) > 0
        ]
        parts = [Part(name, own["value"], figure_text(MS, own), colour) for colour, name, own in known]
        rest = (step["value"] or 0.0) - sum(part.value for part in parts)
        if len(known) < len(PHASES) and rest > 0:
            parts.append(Part("not told apart", rest, value_text(MS, rest), len(PHASES)))
        yield Bar(_name(lane), figure_text(MS, step), parts)


def _footprints(rows: Mapping[str, Any], lanes: Sequence[str]) -> Iterator[Bar]:
    for lane in lanes:
        known = [(colour, rows[key], rows[key]["lanes"][lane]) for colour, key in enumerate(_STAGES) if key in rows]
        parts = [
            Part(row["label"], own["value"] / _MIB, figure_text(SIZE, own), colour)
            for colour, row, own in known
            if (own["value"] or 0) > 0
        ]
        peak = rows["host_peak_bytes"]["lanes"][lane]
        mark = None if peak["value"] is None else peak["value"] / _MIB
        yield Bar(_name(lane), f"peak {figure_text(SIZE, peak)}", parts, mark)


def _points(row: Mapping[str, Any]) -> Iterator[Point]:
    for lane, own in row["lanes"].items():
        if own["value"] is not None:
            yield Point(_name(lane), figure_text(row["unit"], own), own["value"], own["low"], own["high"])


def _name(lane: str) -> str:
    return clean_line(lane, _LONGEST_NAME)
