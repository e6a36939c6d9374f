"""The words and numbers of a report's tables, the same in every format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlprof.session.figures import grouped, loss_figure, ratio_figure, times
from dlprof.session.report.judging import OVER_STARTS, OVER_TURNS, SPAN
from dlprof.session.report.recommendations import NO_CLEAR_WINNER
from dlprof.session.report.tables import (
    COUNT,
    DEPLOYMENT,
    EVALUATION,
    GROWTH,
    LOSS,
    MEMORY,
    MS,
    RATE,
    SIZE,
    TIME,
)

CLOCKS = {"host": "h", "in-graph": "g", "cuda-event": "e", "probe": "~"}
LEGEND = (
    "Figures are means over the starts of a lane (`--repeat`), of the medians of counted steps: not warm-up, cold, "
    "compiled anew, or without stamps.",
    "± is half the 95 % interval in per cent of the figure: over the starts from three on, over the turns of a single "
    "start; of two starts it is half of what their values or intervals span. Without ± nothing is known of it.",
    "Clocks: h host, g in-graph, e cuda-event, ~ an estimate from probes.",
    "A winner is better than each other lane, by more than 3 % and by an interval that excludes 1. Fewer than three "
    "starts have an assumed spread; then the whole interval has to lie beyond 3 %.",
    "A recommendation wins more than half of its figures, is beaten in none, and did not fail. Anything less is no "
    "clear winner.",
    "Host memory: import, model and first steps are what each adds, resident. The peak is of training, and may "
    "be less than their sum; with other processes in the task it shares out pages that several have (PSS).",
    "Deployment has, row by row, the best of those formats of a lane that work and predict the same in every start.",
)
_WHOLE = 1e-6
"""What a mean of equal counts may be off by."""
_BETTER = {MS: "faster", RATE: "faster", SIZE: "smaller"}
_BASES = {
    OVER_STARTS: "95 % over {} starts",
    OVER_TURNS: "95 % over the turns of one start",
    SPAN: "the span of two starts, with the 95 % of either where there is such an interval",
}
_TITLES = {
    TIME: "forward and backward: where a step's time goes",
    DEPLOYMENT: "deployment: of each lane the format that is best in the row",
    EVALUATION: "evaluation on held-out data",
}


def title(table: Mapping[str, Any]) -> str:
    """What a table shows."""
    if table["table"] != MEMORY:
        return _TITLES[table["table"]]
    data = table["data"]
    if data["bytes"] is None:
        return "memory"
    samples = "" if data["samples"] is None else f", {grouped(data['samples'])} samples"
    return f"memory, for a data set of {data['bytes'] / 1e6:,.1f} MB{samples}"


def value_text(unit: str, value: float) -> str:
    """A value with its unit."""
    if unit == MS:
        return f"{value:,.{0 if abs(value) >= 100 else 3 if abs(value) >= 0.1 else 4}f} ms"
    if unit == RATE:
        return f"{value:,.0f}/s"
    if unit == SIZE:
        return _size(value)
    if unit == GROWTH:
        return f"{value / 2**10:+,.0f} KiB/s"
    if unit == COUNT:
        return f"{value:,.{0 if abs(value - round(value)) < _WHOLE else 1}f}"
    return loss_figure(value) if unit == LOSS else f"{value:.3f}"


def _size(size: float) -> str:
    if size >= 1 << 30:
        return f"{size / (1 << 30):,.2f} GiB"
    return f"{size / (1 << 20):,.0f} MiB" if size >= 10 << 20 else f"{size / (1 << 10):,.0f} KiB"


LOPSIDED, SMALL = 2.0, 5.0
"""How many times as far; and the half of an interval, in per cent, below which it does not matter."""


def spread_text(figure: Mapping[str, Any]) -> str:
    """Half the interval of a figure in per cent of it, such as `±2.1 %`; empty where there is no interval.

    Its ends where it reaches more than LOPSIDED times as far to one side as to the other, such as `-3 % +48 %`.
    """
    value, low, high = figure["value"], figure["low"], figure["high"]
    if low is None or high is None or not value:
        return ""
    half = 50 * (high - low) / abs(value)
    below, above = (100 * (value - low) / abs(value), 100 * (high - value) / abs(value))
    if half >= SMALL and max(below, above) > LOPSIDED * min(below, above):
        return f"-{below:,.0f} % +{above:,.0f} %"
    return f"±{half:,.{0 if half >= 10 else 1}f} %"


def figure_text(unit: str, figure: Mapping[str, Any]) -> str:
    """A lane's figure with spread and clock; `-` where there is none."""
    if figure["value"] is None:
        return "-"
    if unit == GROWTH and figure["low"] is not None and figure["low"] <= 0 <= figure["high"]:
        return "none seen"
    clock = CLOCKS.get(figure["kind"], "") if unit in (MS, RATE) else ""
    parts = (value_text(unit, figure["value"]), _spread(unit, figure), clock, figure.get("note", ""))
    return " ".join(part for part in parts if part)


def _spread(unit: str, figure: Mapping[str, Any]) -> str:
    """Growth is near 0, so its interval stands as it is; what was counted has none."""
    if unit == COUNT:
        return ""
    if unit != GROWTH or figure["low"] is None:
        return spread_text(figure)
    return f"±{(figure['high'] - figure['low']) / 2 / 2**10:,.0f}"


def interval_text(unit: str, figure: Mapping[str, Any]) -> str:
    """The interval of a figure in full, and what it is of; or why there is none."""
    if figure["value"] is None:
        return str(figure["value_reason"])
    if figure["interval"] is None:
        return "one start: its spread from start to start is not known"
    basis = _BASES[figure["interval"]].format(figure["starts"])
    return f"{value_text(unit, figure['low'])} to {value_text(unit, figure['high'])}, {basis}"


def winner_text(row: Mapping[str, Any]) -> str:
    """Who won a row and by how much; or why nobody did."""
    if row["winner"] is None:
        return str(row["winner_reason"])
    low, high = row["ci95"]
    lead = f"{row['winner']}, {times(row['ratio'])} {_BETTER[row['unit']]} than {row['ahead_of']}"
    ends = ratio_figure(low), ratio_figure(high)
    return lead if ends[0] == ends[1] else f"{lead} ({'-'.join(ends)})"


def basis_text(row: Mapping[str, Any]) -> str:
    """What the row's verdicts rest on; empty where there are none with a ratio."""
    pair = next((pair for pair in row["pairs"] if pair["pair"] == row["by"]), None)
    if pair is None or pair["ratio"] is None or not pair["start_spread"]["sd"]:
        return ""
    return starts_text(pair["starts"], pair["start_spread"])


def starts_text(starts: int, spread: Mapping[str, Any]) -> str:
    """How many starts, and how much they differ."""
    count = f"{starts} start{'s' if starts > 1 else ''}"
    if spread["assumed"]:
        return f"{count}; from start to start {spread['sd']:.1%} is assumed"
    return f"{count}, which differ by {spread['sd']:.1%}"


def recommendation_text(found: Mapping[str, Any]) -> str:
    """A recommendation in one line, without its purpose."""
    if found["lane"] is None:
        return f"{NO_CLEAR_WINNER}: {found['lane_reason']}"
    wins = found["wins"][found["lane"]]
    return f"{found['lane']}, which wins {wins} of {found['of']} figures and is beaten in none"


def carrying_rows(
    found: Mapping[str, Any], tables: Sequence[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The rows that carry a recommendation, each after its table."""
    wanted = [(one["task"], one["table"], one["quantity"]) for one in found["figures"]]
    return [
        (table, row)
        for table in tables
        for row in table["rows"]
        if (table["task"], table["table"], row["quantity"]) in wanted
    ]
