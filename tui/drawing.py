"""Numbers, bars and plots as strings: pure, of fixed width."""

from __future__ import annotations

from collections.abc import Sequence

PHASE_GLYPHS = {"data": "▒", "forward": "█", "backward": "▓", "optimizer": "▚", "other": "░"}
CLOCK_LETTERS = {"host": "h", "in-graph": "g", "cuda-event": "e", "probe": "~"}
SHORT_NAMES = {"data": "data", "forward": "fwd", "backward": "bwd", "optimizer": "opt", "other": "oth", "step": "step"}
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))


def milliseconds(ns: float | None) -> str:
    """Three significant digits, 5 wide: `0.123`, `12.34`, `123.4`, `12345`; `-` where there is none."""
    if ns is None:
        return "    -"
    ms = ns / 1e6
    for limit, form in ((10, "5.3f"), (100, "5.2f"), (1000, "5.1f")):
        if abs(ms) < limit:
            return format(ms, form)
    return f"{ms:5.0f}"


def size(value: int | None) -> str:
    """Bytes in binary units, 5 wide: `  12K`, ` 345M`, ` 1.2G`; `-` where there is none."""
    if value is None:
        return "    -"
    scaled, units = float(value), "BKMGTP"
    for unit in units:
        if scaled < 1000 or unit == units[-1]:
            return f"{scaled:4.1f}{unit}" if unit in "GTP" and scaled < 100 else f"{scaled:4.0f}{unit}"
        scaled /= 1024
    return "    -"


def rate(value: float | None) -> str:
    """A rate a second, with a space every three digits; `-` where there is none."""
    return "-" if value is None else f"{value:,.0f}".replace(",", " ")


def phase_cells(medians: Sequence[tuple[str, float | None]], widest: float, width: int) -> list[tuple[str, int]]:
    """How many of `width` cells each phase takes, at `widest` for the whole width; rounded at the edges."""
    cells, edge, position = [], 0, 0.0
    for phase, median in medians:
        position += max(median or 0.0, 0.0) / widest * width if widest else 0.0
        end = min(round(position), width)
        cells.append((phase, end - edge))
        edge = end
    return cells


def braille(values: Sequence[float], width: int, height: int) -> list[str]:
    """A filled plot, `height` lines of at most `width` characters, two values a character, from 0 to the maximum."""
    values = merged(values, 2 * width)
    top = max(values, default=0.0)
    levels = [max(1, round(value / top * 4 * height)) if top > 0 else 1 for value in values]
    lines = []
    for row in range(height - 1, -1, -1):
        line = ""
        for column in range(0, len(levels), 2):
            bits = 0
            for side, level in enumerate(levels[column : column + 2]):
                filled = min(max(level - 4 * row, 0), 4)
                bits |= sum(_DOTS[side][:filled])
            line += chr(0x2800 + bits)
        lines.append(line)
    return lines


def merged(values: Sequence[float], most: int) -> list[float]:
    """`values`, neighbours averaged in groups of a power of two until at most `most` are left."""
    group = 1
    while len(values) > most * group:
        group *= 2
    return [sum(values[i : i + group]) / len(values[i : i + group]) for i in range(0, len(values), group)]
