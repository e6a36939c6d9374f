"""Plots as SVG that stands inside a page: colours and fonts are the page's own, by its classes.

All are 720 units wide. A name stands on a line of its own above what is drawn for it, so that none is cut.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 720
_RIGHT = 12
_LINE = 18
_BAR = 18
_ROW = _LINE + _BAR + 12
_AXIS = 26
_CHARACTER = 7.0
"""Width of a character, at least; for whether a word fits into its bar."""
_TICKS = 5
_FONT = 12


@dataclass(frozen=True)
class Part:
    """A part of a bar: what it is, how long, that in words, and the number of its colour."""

    name: str
    value: float
    text: str
    colour: int


@dataclass(frozen=True)
class Bar:
    """One bar of parts that lie end to end, with what to write above it on the left and on the right.

    `mark`: where a line stands across it, such as a peak; None for no line.
    """

    name: str
    figure: str
    parts: Sequence[Part]
    mark: float | None = None


@dataclass(frozen=True)
class Point:
    """A value with its interval, None where it has none, and what to write above it."""

    name: str
    figure: str
    value: float
    low: float | None
    high: float | None


def bars(rows: Sequence[Bar], unit: str, title: str) -> str:
    """Bars on one scale from 0, in `unit`, with a legend of their parts."""
    ends = (max(sum(part.value for part in row.parts), row.mark or 0.0) for row in rows)
    scale = _Scale(0.0, max(ends, default=0.0))
    top = 8 + _LINE
    bottom = top + len(rows) * _ROW
    lines = [*_legend(rows), *scale.axis(top, bottom, unit)]
    for row, y in zip(rows, range(top, bottom, _ROW), strict=True):
        lines += _heading(row.name, row.figure, y)
        lines += _bar(row, y + _LINE, scale)
    return _svg(title, bottom + _AXIS, lines)


def points(rows: Sequence[Point], unit: str, title: str) -> str:
    """Values as dots with their intervals as lines, on one scale from 0, in `unit`."""
    scale = _Scale(0.0, max((max(row.value, row.high or 0.0) for row in rows), default=0.0))
    top = 8
    bottom = top + len(rows) * _ROW
    lines = [*scale.axis(top, bottom, unit)]
    for row, y in zip(rows, range(top, bottom, _ROW), strict=True):
        lines += _heading(row.name, row.figure, y)
        lines += _point(row, y + _LINE + _BAR / 2, scale)
    return _svg(title, bottom + _AXIS, lines)


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    def x(self, value: float) -> float:
        """Where `value` lies."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0
        return max(0.0, min(share, 1.0)) * (WIDTH - _RIGHT)

    def axis(self, top: float, y: float, unit: str) -> Iterator[str]:
        """The axis below, with lines upwards to `top`."""
        yield f'<line class="axis" x1="0" y1="{y}" x2="{WIDTH - _RIGHT}" y2="{y}"/>'
        for tick in ticks(self.high):
            x = self.x(tick)
            anchor = "start" if x < 20 else "end" if x > WIDTH - 40 else "middle"
            label = f"{tick:g} {unit}" if tick == 0 else f"{tick:g}"
            yield f'<line class="grid" x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{y}"/>'
            yield f'<text class="tick" x="{x:.1f}" y="{y + 15}" text-anchor="{anchor}">{escape(label)}</text>'


def ticks(high: float) -> list[float]:
    """Round numbers from 0 to `high`, at most six or so."""
    if not (0 < high < math.inf):
        return [0.0]
    rough = high / _TICKS
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * size for factor in (1, 2, 5, 10) if factor * size >= rough)
    return [round(place * step, 12) for place in range(int(high / step) + 1)]


def _svg(title: str, height: float, lines: Sequence[str]) -> str:
    box = f'viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}" font-size="{_FONT}"'
    return "\n".join([f"<svg {box}>", f"<title>{escape(title)}</title>", *lines, "</svg>"])


def _legend(rows: Sequence[Bar]) -> Iterator[str]:
    x = 0.0
    for name, colour in dict.fromkeys((part.name, part.colour) for row in rows for part in row.parts):
        yield f'<rect class="part{colour}" x="{x:.0f}" y="2" width="10" height="10"/>'
        yield f'<text x="{x + 14:.0f}" y="11">{escape(name)}</text>'
        x += 14 + _CHARACTER * len(name) + 16


def _heading(name: str, figure: str, y: float) -> Iterator[str]:
    yield f'<text class="name" x="0" y="{y + 11}">{escape(name)}</text>'
    yield f'<text x="{WIDTH - _RIGHT}" y="{y + 11}" text-anchor="end">{escape(figure)}</text>'


def _bar(row: Bar, y: float, scale: _Scale) -> Iterator[str]:
    start = 0.0
    for part in row.parts:
        x, end = scale.x(start), scale.x(start + part.value)
        start += part.value
        label = f"<title>{escape(f'{part.name} {part.text}')}</title>"
        box = f'x="{x:.1f}" y="{y}" width="{max(0.5, end - x):.1f}" height="{_BAR}"'
        yield f'<rect class="part{part.colour}" {box}>{label}</rect>'
        if end - x > _CHARACTER * len(part.name) + 8:
            yield f'<text class="inside" x="{x + 5:.1f}" y="{y + 13}">{escape(part.name)}</text>'
    if row.mark is not None:
        x = scale.x(row.mark)
        yield f'<line class="mark" x1="{x:.1f}" y1="{y - 3}" x2="{x:.1f}" y2="{y + _BAR + 3}"/>'


def _point(row: Point, y: float, scale: _Scale) -> Iterator[str]:
    if row.low is not None and row.high is not None:
        low, high = scale.x(row.low), scale.x(row.high)
        yield f'<line class="interval" x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}"/>'
        for x in (low, high) if row.low >= 0 else (high,):  # no end where the scale ends, but not the interval
            yield f'<line class="interval" x1="{x:.1f}" y1="{y - 5}" x2="{x:.1f}" y2="{y + 5}"/>'
    yield f'<circle class="point" cx="{scale.x(row.value):.1f}" cy="{y}" r="4"/>'
