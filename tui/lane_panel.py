"""One lane, drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import zip_longest
from textwrap import wrap

from rich.text import Text
from textual.app import RenderResult
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.widget import Widget

from dlprof.session.figures import grouped, loss_figure
from dlprof.session.overhead import TOO_SHORT, Cost, StampCost
from dlprof.session.phases import REST
from dlprof.session.records import FAILED_STATUSES, FINAL_STATUSES, INTERRUPTED, UNFINISHED
from dlprof.session.statistics import NotAvailable
from dlprof.tui import drawing
from dlprof.tui.views import LaneView, MemoryRow, PhaseRow

WIDE = 44
PHASE_STYLES = {
    "data": "yellow",
    "forward": "green",
    "backward": "blue",
    "optimizer": "magenta",
    "other": "cyan",
}
_STATUS, _BAR = 1, 2
"""The lines of the status and of the phases' bar."""
_MARKS = {"waiting": "┃"}
_BAD = (*FAILED_STATUSES, INTERRUPTED, UNFINISHED)


@dataclass(frozen=True)
class PlotPlace:
    """Lines that lanes beside each other keep above and below their plots, so that these stand at one height."""

    above: int = 0
    below: int = 0


class LanePanel(Widget):
    """Draws a `LaneView`; repaints only the rows that changed."""

    view: reactive[LaneView | None] = reactive(None, repaint=False)

    def __init__(self, place: Callable[[int], PlotPlace]) -> None:
        """`place` of the plots of all lanes, in so many lines."""
        super().__init__()
        self._place = place
        self._drawn: tuple[LaneView | None, Size, PlotPlace, list[Text]] = (None, Size(0, 0), PlotPlace(), [])

    def repaint(self) -> None:
        """Repaint what differs: every row that is sent costs a line of terminal output."""
        rows = zip_longest(self._drawn[-1], self._lines(), fillvalue=Text(""))
        changed = [Region(0, y, max(old.cell_len, new.cell_len), 1) for y, (old, new) in enumerate(rows) if old != new]
        if changed:
            self.refresh(*changed)

    def render(self) -> RenderResult:
        """The lane in the widget's size."""
        return Text("\n").join(self._lines())

    def _lines(self) -> list[Text]:
        """The view in lines, drawn once for each size."""
        view, size, place = self.view, self.size, self._place(self.size.height)
        if view is not self._drawn[0] or (size, place) != self._drawn[1:3]:
            lines = lane_lines(view, size.width, size.height, place) if view is not None else []
            self._drawn = (view, size, place, lines)
        return self._drawn[-1]


def lane_lines(view: LaneView, width: int, height: int, place: PlotPlace = PlotPlace()) -> list[Text]:
    """The lane in `height` lines of `width` characters; what matters most comes first."""
    lines, ending = _figures(view, width, height), _ending(view)
    above, below = max(len(lines), place.above), max(_kept(ending, height), place.below)
    if plots := _plots(view, width, height - above - below):
        lines += [*[Text("")] * (above - len(lines)), *plots]
    return [_cut(line, width) for line in (*lines, *ending)][:height]


def plot_place(views: Iterable[LaneView], width: int, height: int) -> PlotPlace:
    """Where the plots of `views` have room in each, in `height` lines of `width` characters."""
    needed = [(len(_figures(view, width, height)), _kept(_ending(view), height)) for view in views]
    return PlotPlace(max(above for above, _ in needed), max(below for _, below in needed)) if needed else PlotPlace()


def _figures(view: LaneView, width: int, height: int) -> list[Text]:
    """What stands above the plots."""
    lines = [_title(view, width), _status(view)]
    lines += _startup(view, width) if view.startup else _stepping(view, width)
    tall = height >= len(lines) + len(view.memory) + 4
    roomy = tall and width >= WIDE
    memory = view.memory if roomy or not _is_without_gpu(view) else view.memory[:1]
    lines += [*map(_memory_row, memory), *_disturbed(view), *_own_cost(view.own_cost.stamps, width)]
    stacks = view.own_cost.stacks
    lines += _cost_of_stacks(stacks, width) if roomy or (tall and isinstance(stacks, Cost)) else []
    room = max(height - 1, 0)  # one line of stacks or traceback has room on the smallest screen
    if len(lines) > room and not view.startup:
        del lines[_BAR]  # it says what the table says
    if len(lines) > room and view.disturbed:
        lines = _with_disturbed_beside_status(lines, view)
    lines += [Text("gpu n/a (cpu)", style="dim")] if len(memory) < len(view.memory) else []
    return lines[:room]


def _ending(view: LaneView) -> list[Text]:
    """What stands below them."""
    return _traceback(view) if view.traceback else _frames(view)


def _kept(ending: list[Text], height: int) -> int:
    """Lines of `ending` that plots leave room for."""
    return min(len(ending), max(2, height // 6))


def _startup(view: LaneView, width: int) -> list[Text]:
    """The parts of a start, with how long each took: `+` is over, `>` goes on."""
    lines = []
    for stage in view.startup:
        mark = "+" if stage.over else " " if stage.seconds is None else ">"
        took = f"{stage.seconds:5.1f} s" if stage.seconds is not None else " " * 7
        what = f": {stage.what}" if width >= WIDE else ""
        lines.append(Text(f"{mark} {took}  {stage.name}{what}", style="dim" if stage.seconds is None else ""))
    total = sum(stage.seconds or 0.0 for stage in view.startup)
    return [*lines, Text(f"= {total:5.1f} s  so far")]


def _stepping(view: LaneView, width: int) -> list[Text]:
    return [
        _bar(view, width),
        *_table(view, width),
        Text(f"samples/s {drawing.rate(view.samples_per_s)}"),
        Text(_steps(view, width)),
        *(Text(line) for line in _results(view, width)),
    ]


def _plots(view: LaneView, width: int, height: int) -> list[Text]:
    """As many plots as fit in `height` lines, each under a title that says its scale, and their axis of time."""
    count = max(0, min(len(view.plots), (height - 1) // 4))
    if not count or view.axis is None:
        return []
    tall, lines = min((height - 1) // count - 1, 8), []
    for plot in view.plots[:count]:
        lines.append(Text(f"{plot.name}, 0 to {plot.top_label}", style="bold"))
        lines += [Text(line) for line in drawing.braille(plot.values, width, tall, plot.top)]
    axis = view.axis
    labels = drawing.time_labels(axis.origin_s, axis.bucket_s, axis.buckets, width, axis.last_s)
    return [*lines, Text(labels, style="dim")]


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line


def _title(view: LaneView, width: int) -> Text:
    text = Text(view.lane, style="bold")
    if view.repeat:
        text.append(f"  repeat {view.repeat}", style="not bold")
    if width >= WIDE:
        text.append(f"  {view.version}", style="not bold")
    text.append(f"  {view.device}", style="not bold")
    if view.how_far and text.cell_len + len(view.how_far) + 2 <= width:
        text.append(f"  {view.how_far}", style="not bold")
    return text


def _status(view: LaneView) -> Text:
    mark = "✗" if view.status in _BAD else "■" if view.status in FINAL_STATUSES else _MARKS.get(view.status, "▶")
    style = "red" if view.status in _BAD else "green"
    moving = view.status not in (*FINAL_STATUSES, "stepping", UNFINISHED)
    seconds = f" {view.status_seconds:.1f} s" if moving else ""
    return Text(f"{mark} {view.status}{seconds}{view.status_note}", style=style)


def _bar(view: LaneView, width: int) -> Text:
    """As long as the median step, so that it agrees with the table; shared out by means, which add up to the step."""
    means = [(row.phase, row.spread.mean_ns) for row in view.rows if row.phase != "step"]
    step_ns = view.rows[-1].spread.median_ns or 0.0
    bar = Text()
    for phase, cells in drawing.phase_cells(means, step_ns / view.widest_ns if view.widest_ns else 0.0, width):
        bar.append(drawing.PHASE_GLYPHS[phase] * cells, style=PHASE_STYLES[phase])
    return bar


def _table(view: LaneView, width: int) -> list[Text]:
    wide = width >= WIDE
    head = (
        f"{'ms':11} {'p50':>7} {'p95':>7} {'last':>7}  clock"
        if wide
        else f"{'ms':5} {'p50':>5} {'p95':>5} {'last':>5} c"
    )
    return [Text(head, style="bold"), *(_row(row, wide) for row in view.rows)]


def _row(row: PhaseRow, wide: bool) -> Text:
    p50, p95, last = (drawing.milliseconds(v) for v in (row.spread.median_ns, row.spread.p95_ns, row.spread.last_ns))
    letter = drawing.CLOCK_LETTERS.get(row.clock, "-")
    glyph = drawing.PHASE_GLYPHS.get(row.phase, " ")
    estimate = "~" if row.clock == "probe" else " "
    text = Text().append(glyph, style=PHASE_STYLES.get(row.phase, ""))
    if wide:
        name = "opt+rest" if row.label == REST else row.phase
        return text.append(f" {name:9}{estimate}{p50:>7} {p95:>7} {last:>7}  {row.clock}")
    name = "opt+" if row.label == REST else drawing.SHORT_NAMES[row.phase]
    return text.append(f"{name:4}{estimate}{p50} {p95} {last} {letter}")


def _steps(view: LaneView, width: int) -> str:
    """The counts of steps by class, those that are left out of the figures only where there are any."""
    steps = view.steps
    rare = ((steps.compiled, "j", "compiled anew"), (steps.left_out, "x", "disturbed"), (steps.dark, "k", "dark"))
    kinds = ((steps.warm_up, "w", "warm-up"), (steps.cold, "c", "cold"), *(kind for kind in rare if kind[0]))
    words = ", ".join(f"{grouped(count)} {word}" for count, _, word in kinds)
    line = f"steps {grouped(steps.counted)} counted, {words}, {grouped(view.dropped)} dropped"
    if width >= max(WIDE, len(line)):
        return line
    letters = "".join(f"+{grouped(count)}{letter}" for count, letter, _ in kinds)
    short = f"{grouped(steps.counted)}{letters} d{grouped(view.dropped)}"
    return next((text for text in (f"steps {short}", short) if len(text) <= width), short.replace(",", ""))


def _results(view: LaneView, width: int) -> list[str]:
    loss = f"loss {'-' if view.loss is None else loss_figure(view.loss)}"
    held_out = dict(view.metrics)
    known = [f"{short} {held_out[name]:.3f}" for name, short in (("accuracy", "acc"), ("f1", "F1")) if name in held_out]
    if view.no_metrics is not None:
        return [loss, f"metrics n/a: {view.no_metrics}"]
    line = " ".join([loss, *known])
    return [line] if len(line) <= width else [loss, " ".join(known)]


def _is_without_gpu(view: LaneView) -> bool:
    """Whether a CPU lane has host memory alone: with little room that is one word below, and not three reasons."""
    return view.device == "cpu" and all(row.now is None and row.peak is None for row in view.memory[1:])


def _memory_row(row: MemoryRow) -> Text:
    if row.now is None and row.peak is None:
        return Text(f"{row.name} n/a: {row.reason}", style="dim")
    peaks = f" peak {drawing.size(row.peak).strip()}" if row.peak is not None else ""
    return Text(f"{row.name} {drawing.size(row.now).strip()}{peaks}")


def _own_cost(found: StampCost | NotAvailable, width: int) -> list[Text]:
    if isinstance(found, NotAvailable):
        return _no_cost("own cost", found, width)
    return [Text(f"own cost {_cost(found.cost)} {found.ns_per_step / 1e3:.0f}us")]


def _cost_of_stacks(found: Cost | NotAvailable, width: int) -> list[Text]:
    if isinstance(found, NotAvailable):
        return _no_cost("cost of stacks", found, width)
    return [Text(f"cost of stacks {_cost(found)}")]


def _cost(cost: Cost) -> str:
    return f"{100 * (cost.ratio - 1):+.1f} ±{(cost.high - cost.low) / 2:.1%}"


def _no_cost(name: str, missing: NotAvailable, width: int) -> list[Text]:
    """Why, in one line where that can be: what there is of what is needed says that it is too short."""
    said = f"{name} n/a: {missing.reason}"
    said = said if len(said) <= width else said.replace(f"{TOO_SHORT}: ", "")
    return [Text(line, style="dim") for line in wrap(said, max(width, 1), subsequent_indent="  ")]


def _disturbed(view: LaneView) -> list[Text]:
    said = f"{grouped(view.disturbed)} of {grouped(view.turns)} turns disturbed"
    return [Text(said, style="bold")] if view.disturbed else []


def _with_disturbed_beside_status(lines: list[Text], view: LaneView) -> list[Text]:
    """`lines` with one less, so that what dlprof costs has room."""
    short = Text.assemble(lines[_STATUS], (f", {grouped(view.disturbed)}/{grouped(view.turns)} disturbed", "bold"))
    said = _disturbed(view)
    return [short if place == _STATUS else line for place, line in enumerate(lines) if line not in said]


def _frames(view: LaneView) -> list[Text]:
    if view.no_frames is not None:
        return [Text(view.no_frames, style="dim")]
    return [Text(f"{share:4.0%} {frame}") for frame, share in view.frames]


def _traceback(view: LaneView) -> list[Text]:
    return [Text(line, style="red") for line in view.traceback]
