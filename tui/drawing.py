"""Numbers, bars and plots as strings: pure, of fixed width."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil

from dlprof.session.figures import grouped

PHASE_GLYPHS = {"data": "▒", "forward": "█", "backward": "▓", "optimizer": "▚", "other": "░"}
CLOCK_LETTERS = {"host": "h", "in-graph": "g", "cuda-event": "e", "probe": "~"}
SHORT_NAMES = {"data": "data", "forward": "fwd", "backward": "bwd", "optimizer": "opt", "other": "oth", "step": "step"}
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
_CHARACTERS = {
    (left, right): chr(0x2800 + sum(_DOTS[0][:left]) + sum(_DOTS[1][:right])) if left or right else " "
    for left in range(5)
    for right in range(5)
}
"""By how many dots are filled from below, on the left and on the right."""


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
    """A rate a second; `-` where there is none."""
    return "-" if value is None else grouped(value)


def phase_cells(means: Sequence[tuple[str, float | None]], length: float, width: int) -> list[tuple[str, int]]:
    """How many cells each phase takes of a bar `length` (0 to 1) times `width` long, shared out by the means."""
    known = [(phase, max(mean or 0.0, 0.0)) for phase, mean in means]
    total = sum(mean for _, mean in known)
    cells, edge, position = [], 0, 0.0
    for phase, mean in known:
        position += mean / total * length * width if total else 0.0
        end = min(round(position), width)
        cells.append((phase, end - edge))
        edge = end
    return cells


def braille(values: Sequence[float | None], width: int, height: int, top: float) -> list[str]:
    """A filled plot from 0 to `top`, `height` lines of at most `width` characters, two dots a character.

    None leaves its dots empty; ▲ stands where a value is above `top`.
    """
    dots = stretched(values, 2 * width)
    levels = [0 if value is None else min(max(1, round(value / top * 4 * height)), 4 * height) for value in dots]
    columns = [_column(left, right, height) for left, right in zip(levels[::2], [*levels[1::2], 0], strict=False)]
    lines = ["".join(row) for row in zip(*columns, strict=True)] or [""] * height
    clipped = [value is not None and value > top for value in dots]
    lines[0] = "".join("▲" if any(clipped[2 * i : 2 * i + 2]) else each for i, each in enumerate(lines[0]))
    return lines


@lru_cache(maxsize=4096)
def _column(left: int, right: int, height: int) -> str:
    """Two dots side by side, filled up to these levels, as `height` characters from the top down."""
    rows = range(4 * height - 4, -1, -4)
    return "".join(_CHARACTERS[min(max(left - row, 0), 4), min(max(right - row, 0), 4)] for row in rows)


def stretch(buckets: int, dots: int) -> tuple[int, int]:
    """(buckets that share a dot, dots that a bucket takes): powers of two, one of them 1, that use most of `dots`."""
    shared, taken = 1, 1
    while -(-buckets // shared) > dots:
        shared *= 2
    while shared == 1 and buckets * taken * 2 <= dots:
        taken *= 2
    return shared, taken


def stretched(values: Sequence[float | None], dots: int) -> list[float | None]:
    """`values` over at most `dots` dots: neighbours averaged, or each value repeated."""
    shared, taken = stretch(len(values), dots) if values else (1, 1)
    means = []
    for first in range(0, len(values), shared):
        known = [value for value in values[first : first + shared] if value is not None]
        means += [sum(known) / len(known) if known else None] * taken
    return means


def time_labels(origin_s: float, bucket_s: float, buckets: int, width: int, last_s: float | None = None) -> str:
    """The ends of an axis `width` characters wide, seconds; where it is over, `last_s` below the last bucket."""
    shared, taken = stretch(buckets, 2 * width)
    end_s, begin = origin_s + 2 * width * shared / taken * bucket_s, f"{origin_s:g} s"
    if last_s is not None:
        end = f"{last_s:.0f} s" if bucket_s >= 1 else f"{round(last_s, 2):g} s"
        filled = ceil(ceil(buckets / shared) * taken / 2)
        return f"{begin}{end:>{max(filled - len(begin), len(end) + 1)}}"[:width]
    end = f"{end_s:.0f} s" if bucket_s >= 1 else f"{round(end_s, 2):g} s"
    return f"{begin}{end:>{width - len(begin)}}" if len(begin) + len(end) < width else begin[:width]
