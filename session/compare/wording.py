"""The words and numbers of a comparison, as its text, Markdown and JUnit write them."""

from __future__ import annotations

from collections.abc import Sequence

from dlprof.session.compare.model import FAILED, PASSED, REGRESSION, UNDECIDED, Comparison, Figure, Row
from dlprof.session.compare.quantities import DURATION, RATE, Quantity
from dlprof.session.compare.spread import Basis, Design
from dlprof.session.compare.stacks import FrameChange

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
    Design.ASSUMED_STARTS: "spread from start to start {:.1%}, assumed",
}


def outcome_text(comparison: Comparison) -> str:
    """What it comes to, in a few words."""
    return (
        f"{_OUTCOMES[comparison.outcome]} (gate {', '.join(comparison.gate)}; margin {100 * comparison.margin:.3g} %)"
    )


def change_text(row: Row) -> str:
    """The verdict with the change, such as `slower, +4.8 %`."""
    return row.verdict if row.effect is None else f"{row.verdict}, {100 * (row.effect.ratio - 1):+.1f} %"


def figure_text(quantity: Quantity, figure: Figure) -> str:
    """A figure in its unit, with `~` where it is an estimate; `-` where there is none."""
    if figure.value is None:
        return "-"
    if quantity.unit == DURATION:
        return f"{'~' if figure.is_estimate else ''}{figure.value:,.4f} ms"
    return f"{figure.value:,.0f}/s" if quantity.unit == RATE else f"{figure.value / 2**20:,.1f} MiB"


def ratio_text(row: Row) -> tuple[str, str]:
    """The ratio and its 95 % interval; `-` where there is none."""
    if row.effect is None:
        return "-", "-"
    low, high = row.effect.interval
    return f"{'~' if row.candidate.is_estimate else ''}{row.effect.ratio:.3f}", f"{low:.3f}-{high:.3f}"


def basis_text(basis: Basis) -> str:
    """What a ratio rests on, in a line."""
    before, after = basis.recordings
    counts = f"{before} and {after} recordings"
    if basis.starts != basis.recordings:
        counts += f" ({basis.starts[0]} and {basis.starts[1]} starts)"
    drift = f"; drift between the sides {basis.drift:.0%} each, assumed" if basis.drift else ""
    return f"{counts}, {_UNITS[basis.design].format(basis.spread)}{drift}"


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
