"""How reports and screens write one figure."""

from __future__ import annotations

from typing import Any

from dlprof.session.history import StepCounts

_MANY = 10
"""A ratio from here on has no use for decimals."""
_MOST = 1e6
_SMALL_LOSS = 1e-3


def known(name: str, value: Any, reason: str) -> dict[str, Any]:
    """`name` with its value, or as None beside a `<name>_reason`."""
    return {name: value} if value is not None else {name: None, f"{name}_reason": reason}


def step_counts(counts: StepCounts) -> dict[str, int]:
    """How many steps are of each class, under the names that reports give them."""
    return {
        "warmup": counts.warm_up,
        "compiled": counts.compiled,
        "cold": counts.cold,
        "left_out": counts.left_out,
        "dark": counts.dark,
        "counted": counts.counted,
    }


def grouped(value: float) -> str:
    """A whole number with a comma every three digits: `12,345`."""
    return f"{value:,.0f}"


def ratio_figure(ratio: float) -> str:
    """A ratio for a column: `1.050`, and where three decimals say nothing, `30x` or `0.0021`."""
    if ratio >= _MANY:
        return times(ratio)
    return f"{ratio:.3f}" if ratio >= 1 / _MANY else f"{ratio:.2g}"


def loss_figure(loss: float) -> str:
    """A loss: `0.6931`, and where four decimals say nothing, `3.1e-05` or `2.4e+12`."""
    few = loss == 0 or _SMALL_LOSS <= abs(loss) < _MOST
    return f"{loss:.4f}" if few else f"{loss:.1e}"


def times(ratio: float) -> str:
    """How many times as much: `1.44x`, `30x`."""
    if ratio > _MOST:
        return f"over {grouped(_MOST)}x"
    return f"{grouped(ratio)}x" if ratio >= _MANY else f"{ratio:.2f}x"


def change(ratio: float) -> str:
    """What a ratio changes: `+4.8 %`, `-12.0 %`, and from twice as much on `2.94x`."""
    return times(ratio) if ratio >= 2 else f"{100 * (ratio - 1):+.1f} %"
