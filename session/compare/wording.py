"""The words and numbers of a comparison, as its text, Markdown and JUnit write them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple

from dlprof.session.compare.extent import Extent
from dlprof.session.compare.model import FAILED, PASSED, REGRESSION, UNDECIDED, Comparison, Figure, Row
from dlprof.session.compare.quantities import DURATION, RATE, Quantity
from dlprof.session.compare.spread import Basis, Design
from dlprof.session.compare.stacks import FrameChange
from dlprof.session.compare.trials import NO_SPREAD
from dlprof.session.figures import change, grouped, ratio_figure
from dlprof.session.history import STEP_CLASSES

_OUTCOMES = {
    FAILED: "a run of the candidate failed",
    REGRESSION: "regression",
    UNDECIDED: "inconclusive",
    PASSED: "no regression",
}
_UNITS = {
    Design.PAIRS: "made in turn; spread from pair to pair {:.1%}",
    Design.RECORDINGS: "spread from recording to recording {:.1%}",
    Design.ONE_AGAINST_SEVERAL: "spread from recording to recording {:.1%}",
    Design.STARTS: "spread from start to start {:.1%}",
    Design.ASSUMED_STARTS: "from start to start {:.1%} is assumed",
}


def outcome_text(comparison: Comparison) -> str:
    """What it comes to, in a few words."""
    return (
        f"{_OUTCOMES[comparison.outcome]} (gate {', '.join(comparison.gate)}; margin {100 * comparison.margin:.3g} %)"
    )


def change_text(row: Row) -> str:
    """The verdict with the change, such as `slower, +4.8 %`."""
    return row.verdict if row.effect is None else f"{row.verdict}, {change(row.effect.ratio)}"


def figure_text(quantity: Quantity, figure: Figure) -> str:
    """A figure in its unit, with `~` where it is an estimate; `-` where there is none."""
    if figure.value is None:
        return "-"
    if quantity.unit == DURATION:
        return f"{'~' if figure.is_estimate else ''}{figure.value:,.4f} ms"
    return f"{grouped(figure.value)}/s" if quantity.unit == RATE else f"{figure.value / 2**20:,.1f} MiB"


def ratio_text(row: Row) -> tuple[str, str]:
    """The ratio and its 95 % interval; `-` where there is none."""
    if row.effect is None:
        return "-", "-"
    low, high = map(ratio_figure, row.effect.interval)
    return f"{'~' if row.candidate.is_estimate else ''}{ratio_figure(row.effect.ratio)}", f"{low}-{high}"


def trial_texts(row: Row) -> tuple[str, str, str]:
    """Ratio, interval and verdict of a row of a deployment; its ratio is there also where no spread is known."""
    before, after = row.baseline.value, row.candidate.value
    if row.effect is not None:
        return *ratio_text(row), row.verdict
    if before is None or after is None:
        return "-", "-", "n/a"
    return ratio_figure(after / before), "-", "no spread"


def trial_reasons(rows: Sequence[Row]) -> list[str]:
    """Why rows of a deployment have no verdict; once for all that lack a spread."""
    without = [row for row in rows if row.reason == NO_SPREAD]
    return [*([NO_SPREAD] if without else []), *reasons_text([row for row in rows if row not in without])]


def extent_rows(baseline: Extent, candidate: Extent) -> Iterator[tuple[str, ...]]:
    """What the figures of both sides rest on, a label and two texts each; kinds of steps only where there are any."""
    sides = (baseline, candidate)
    yield "starts", *(grouped(side.starts) for side in sides)
    yield "stepping", *(f"{side.stepping_ns / 1e9:,.1f} s" for side in sides)
    yield "turns", *(grouped(side.turns) for side in sides)
    yield "  disturbed", *("-" if side.disturbed is None else grouped(side.disturbed) for side in sides)
    yield "steps counted", *(grouped(side.steps.counted) for side in sides)
    before, after = ((*astuple(side.steps)[:-1], side.dropped) for side in sides)
    for name, *counts in zip((*STEP_CLASSES[:-1], "dropped"), before, after, strict=True):
        if any(counts):
            yield f"  {name}", *map(grouped, counts)


def basis_text(basis: Basis) -> str:
    """What a ratio rests on, in a line."""
    before, after = basis.recordings
    counts = f"{before} and {after} recordings"
    if basis.starts != basis.recordings:
        counts += f" ({basis.starts[0]} and {basis.starts[1]} starts)"
    drift = f"; drift between the sides {basis.drift:.0%} each, assumed" if basis.drift else ""
    turns = f", and within a start {basis.turn_error:.1%} is uncertain" if basis.turn_error else ""
    return f"{counts}, {_UNITS[basis.design].format(basis.spread)}{turns}{drift}"


def reasons_text(rows: Sequence[Row]) -> list[str]:
    """Why rows are undecided or not available, those of one reason in one line."""
    said: dict[str, list[str]] = {}
    for row in rows:
        if row.reason is not None:
            said.setdefault(row.reason, []).append(row.quantity.label)
    return [f"{', '.join(labels)}: {reason}" for reason, labels in said.items()]


def frame_text(frame: FrameChange) -> str:
    """A function whose share changed."""
    new = ", new" if frame.is_new else ""
    return f"{frame.baseline:.0%} -> {frame.candidate:.0%}{new}  {frame.name} ({frame.file})"
