"""One lane, drawn."""

from __future__ import annotations

from rich.text import Text
from textual.app import RenderResult
from textual.reactive import reactive
from textual.widget import Widget

from dlprof.session.records import FINAL_STATUSES
from dlprof.tui import drawing
from dlprof.tui.views import LaneView, PhaseRow

WIDE = 44
PHASE_STYLES = {
    "data": "yellow",
    "forward": "green",
    "backward": "blue",
    "optimizer": "magenta",
    "other": "bright_black",
}
_BAD = ("failed", "killed", "unavailable", "interrupted")


class LanePanel(Widget):
    """Draws a `LaneView`; repaints only when it changed."""

    view: reactive[LaneView | None] = reactive(None)

    def render(self) -> RenderResult:
        """The lane in the widget's size."""
        if self.view is None:
            return Text("")
        return Text("\n").join(lane_lines(self.view, self.size.width, self.size.height))


def lane_lines(view: LaneView, width: int, height: int) -> list[Text]:
    """The lane in `height` lines of `width` characters; what matters most comes first."""
    lines = [_title(view, width), _status(view), _bar(view, width), *_table(view, width)]
    lines += [
        Text(f"samples/s {drawing.rate(view.samples_per_s)}"),
        Text(_steps(view, width)),
        Text(_result(view)),
    ]
    memory = [_memory(row, width) for row in view.memory]
    ending = _traceback(view) if view.traceback else _frames(view)
    if height < len(lines) + len(memory) + 2:
        lines += [memory[0], *ending[:1]]
        rest = height - len(lines)
        lines += [*memory[1:], *ending[1:]][:rest] if rest > 0 else []
        return [_cut(line, width) for line in lines[:height]]
    lines += memory
    spare = height - len(lines) - min(len(ending), max(2, height // 6))
    for name, values in _plots(view)[: max(0, min(3, spare // 4))]:
        tall = min(max(spare // 3 - 1, 3), 8)
        lines += [Text(name, style="bold"), *(Text(line) for line in drawing.braille(values, width, tall))]
    lines += ending
    return [_cut(line, width) for line in lines[:height]]


def _plots(view: LaneView) -> list[tuple[str, tuple[float, ...]]]:
    """The plots of the whole run, each under a title that says what its top stands for."""
    return [
        (f"step, 0 to {drawing.milliseconds(max(view.step_plot, default=None)).strip()} ms", view.step_plot),
        (f"loss, 0 to {max(view.loss_plot, default=0):.3g}", view.loss_plot),
        (f"host resident, 0 to {drawing.size(_top(view.host_plot)).strip()}", view.host_plot),
    ]


def _top(values: tuple[float, ...]) -> int | None:
    return int(max(values)) if values else None


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line


def _title(view: LaneView, width: int) -> Text:
    text = Text(view.lane, style="bold")
    if view.repeat:
        text.append(f"  repeat {view.repeat}", style="not bold")
    if width >= WIDE:
        text.append(f"  {view.version}", style="not bold")
    return text.append(f"  {view.device}", style="not bold")


def _status(view: LaneView) -> Text:
    mark = "✗" if view.status in _BAD else "■" if view.status in FINAL_STATUSES else "▶"
    style = "red" if view.status in _BAD else "green"
    moving = view.status not in (*FINAL_STATUSES, "stepping")
    seconds = f" {view.status_seconds:.1f} s" if moving else ""
    cause = f": {view.cause}" if view.cause else ""
    return Text(f"{mark} {view.status}{seconds}{cause}", style=style)


def _bar(view: LaneView, width: int) -> Text:
    medians = [(row.phase, row.spread.median_ns) for row in view.rows if row.phase != "step"]
    bar = Text()
    for phase, cells in drawing.phase_cells(medians, view.widest_ns, width):
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
    text = Text(glyph, style=PHASE_STYLES.get(row.phase, ""))
    if wide:
        return text.append(f" {row.phase:9}{estimate}{p50:>7} {p95:>7} {last:>7}  {row.clock}")
    return text.append(f"{drawing.SHORT_NAMES[row.phase]:4}{estimate}{p50} {p95} {last} {letter}")


def _steps(view: LaneView, width: int) -> str:
    if width >= WIDE:
        return f"steps {view.counted} counted, {view.warm_up} warm-up, {view.cold} cold, {view.dropped} dropped"
    return f"steps {view.counted}+{view.warm_up}w+{view.cold}c d{view.dropped}"


def _result(view: LaneView) -> str:
    loss = "-" if view.loss is None else f"{view.loss:.4f}"
    held_out = dict(view.metrics)
    known = [f"{short} {held_out[name]:.3f}" for name, short in (("accuracy", "acc"), ("f1", "F1")) if name in held_out]
    return " ".join([f"loss {loss}", *known])


def _memory(row: object, width: int) -> Text:
    name, now, peak, reason = (getattr(row, field) for field in ("name", "now", "peak", "reason"))
    if now is None and peak is None:
        return Text(f"{name} n/a: {reason}", style="dim")
    peaks = f" peak {drawing.size(peak).strip()}" if peak is not None else ""
    return Text(f"{name} {drawing.size(now).strip()}{peaks}")


def _frames(view: LaneView) -> list[Text]:
    if not view.frames:
        return [Text(f"stacks n/a: {view.frames_reason}", style="dim")]
    return [Text(f"{share:4.0%} {frame}") for frame, share in view.frames]


def _traceback(view: LaneView) -> list[Text]:
    return [Text(line, style="red") for line in view.traceback]
