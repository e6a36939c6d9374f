"""A run of a comparison as lines: its table, with each interval as a bar, and what is to be said of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from rich.text import Text

from dlprof.tui.ascii_drawing import shows_ascii_only
from dlprof.tui.compare_views import FormatView, Interval, RowView, RunView

LABEL, FIGURE, RATIO, ENDS, VERDICT = 19, 10, 6, 13, 14
WIDE = 110
"""From here on the interval is there in figures too."""
WIDEST_BAR = 61
_STYLES = {"!": "bold red", "+": "bold green", "=": "", "?": "dim", " ": "dim"}


@dataclass(frozen=True)
class Glyphs:
    """The characters of a bar: nothing, within the margin, no change, the line, its ends, the ratio, off the scale."""

    empty: str
    band: str
    one: str
    line: str
    low: str
    high: str
    ratio: str
    below: str
    above: str


UNICODE = Glyphs(" ", "░", "│", "─", "├", "┤", "●", "◂", "▸")
ASCII = Glyphs(" ", ":", "|", "-", "[", "]", "o", "<", ">")


def known_glyphs() -> Glyphs:
    """Those that the terminal can show, as far as the locale tells."""
    return ASCII if shows_ascii_only() else UNICODE


@dataclass(frozen=True)
class Scale:
    """Logarithms of ratios from -`half` to `half`; those up to `margin` are no change worth naming."""

    half: float
    margin: float

    def cell(self, log: float, width: int) -> int:
        """Where `log` stands in `width` cells; outside of them where it is off the scale."""
        return math.floor((log / self.half + 1) / 2 * (width - 1) + 0.5)


def interval_bar(interval: Interval | None, scale: Scale, width: int, glyphs: Glyphs) -> str:
    """The interval as a line with the ratio on it, over the band of the margin, `width` (an odd number) cells wide."""
    low, high = (scale.cell(log, width) for log in (-scale.margin, scale.margin))
    cells = [glyphs.band if low <= index <= high else glyphs.empty for index in range(width)]
    cells[width // 2] = glyphs.one
    if interval is None:
        return "".join(cells)
    first, centre, last = (scale.cell(log, width) for log in (interval.low, interval.centre, interval.high))
    for index in range(max(first, 0), min(last, width - 1) + 1):
        cells[index] = {first: glyphs.low, last: glyphs.high}.get(index, glyphs.line)
    if first < 0:
        cells[0] = glyphs.below
    if last > width - 1:
        cells[-1] = glyphs.above
    if 0 <= centre < width:
        cells[centre] = glyphs.ratio
    return "".join(cells)


def scale_labels(scale: Scale, width: int) -> str:
    """The ratios at the ends of a bar, where it is long enough for them, and in its middle."""
    low, high = f"{math.exp(-scale.half):.2f}", f"{math.exp(scale.half):.2f}"
    between = width - len(low) - len(high)
    return f"{low}{'1':^{between}}{high}" if between >= 3 else f"{'1':^{width}}"


def run_lines(run: RunView, scale: Scale, width: int, glyphs: Glyphs, *, changed_only: bool) -> list[Text]:
    """The run in lines of at most `width` characters; of its rows those that changed, if `changed_only`."""
    rows = [row for row in run.rows if row.changed or not changed_only]
    lines = [_head(scale, width), *(_row(row, scale, width, glyphs) for row in rows)]
    if not rows:
        lines.append(Text("  no row changed, as far as can be seen: f shows all"))
    lines += [Text(), *_wrapped("rests on", run.basis and [run.basis], width)]
    if not changed_only:
        lines += _wrapped("undecided", run.reasons, width)
    for of in run.formats:
        lines += _format(of, scale, width, glyphs, changed_only=changed_only)
    return [*lines, *_frames(run.frames, width)]


def _format(of: FormatView, scale: Scale, width: int, glyphs: Glyphs, *, changed_only: bool) -> list[Text]:
    """One format of the deployment; nothing of it where only rows that changed are asked for and none did."""
    rows = [row for row in of.rows if row.changed or not changed_only]
    if changed_only and not rows:
        return []
    head = Text(f"deployed as {of.name}", style="bold")
    head.truncate(width, overflow="ellipsis")
    reasons = [] if changed_only else of.reasons
    return [head, *(_row(row, scale, width, glyphs) for row in rows), *_wrapped("", reasons, width), Text()]


def bar_width(width: int) -> int:
    """An odd number of cells, so that 1 is in the middle."""
    taken = 2 + LABEL + 2 * (FIGURE + 1) + RATIO + 1 + 2 + VERDICT + (ENDS + 2 if width >= WIDE else 0)
    free = min(max(width - taken, 7), WIDEST_BAR)
    return free if free % 2 else free - 1


def _head(scale: Scale, width: int) -> Text:
    ends = f"  {'95 %':>{ENDS}}" if width >= WIDE else ""
    bar = scale_labels(scale, bar_width(width))
    line = f"  {'':{LABEL}}{'baseline':>{FIGURE}} {'candidate':>{FIGURE}} {'ratio':>{RATIO}}{ends} {bar}  verdict"
    return Text(line, style="bold")


def _row(row: RowView, scale: Scale, width: int, glyphs: Glyphs) -> Text:
    style = _STYLES[row.sign]
    text = Text(f"{'*' if row.gates else ' '} {row.label:{LABEL}}")
    text.append(f"{row.baseline:>{FIGURE}} {row.candidate:>{FIGURE}} ")
    text.append(f"{row.ratio:>{RATIO}}", style=style)
    if width >= WIDE:
        text.append(f"  {row.ends:>{ENDS}}")
    text.append(f" {interval_bar(row.interval, scale, bar_width(width), glyphs)}")
    return text.append(f"  {row.sign} {row.verdict}", style=style)


def _wrapped(label: str, values: Sequence[str], width: int) -> list[Text]:
    lines: list[Text] = []
    for index, value in enumerate(values):
        first = f"{label if index == 0 else '':10}"
        lines += map(Text, wrap(value, width, initial_indent=first, subsequent_indent=" " * 12))
    return lines


def _frames(frames: Sequence[str], width: int) -> list[Text]:
    if not frames:
        return [Text("no function's share of the sampled time changed, as far as samples can show", style="dim")]
    lines = [Text("share of the sampled time, function by function:", style="bold"), *(Text(f"  {f}") for f in frames)]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines
