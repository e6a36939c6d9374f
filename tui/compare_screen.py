"""The compare screen: two sets of recordings, run by run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Collapsible, OptionList, Static

from dlprof.session.errors import NotComparable, Refused, SessionError
from dlprof.tui.check_list import MarkedList
from dlprof.tui.compare_drawing import Glyphs, Scale, known_glyphs
from dlprof.tui.compare_feed import CompareFeed, Sides, Source
from dlprof.tui.compare_views import CompareView, RunView
from dlprof.tui.contracts import Opening
from dlprof.tui.covered_screen import CoverableScreen
from dlprof.tui.help_screen import show_help
from dlprof.tui.help_texts import COMPARE_HELP
from dlprof.tui.key_footer import KeyFooter
from dlprof.tui.keymap import named
from dlprof.tui.run_table import RunTable, ShownRun

WIDTHS, HEIGHTS = [(0, "-narrow"), (140, "-wide")], [(0, "-short"), (36, "-tall")]
NARROW_MARGIN, WIDE_MARGIN = 2, 57
"""Characters beside the title of a run: its padding and scrollbar, and the list of runs where there is one."""


class CompareScreen(CoverableScreen[None]):
    """Baseline and candidate side by side: what differs, and what changed in each run."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = named(
        "compare",
        Binding("q,escape", "dismiss", "Back", key_display="q"),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("right", "run(1)", "Run", key_display="←→", tooltip="The next run", priority=True),
        Binding("left", "run(-1)", "Run before", show=False, priority=True),
        Binding("f", "filter", "Filter", tooltip="Show only the rows that changed, or all"),
        Binding("d", "differences", "Differs", tooltip="Show what differs besides what was measured, or hide it"),
        Binding("s", "swap", "Swap", tooltip="Make the candidate the baseline"),
        Binding("b", "open(0)", "Baseline", tooltip="Replay the baseline at this run"),
        Binding("c", "open(1)", "Candidate", tooltip="Replay the candidate at this run"),
        Binding("x", "force", "Force", tooltip="Compare what is refused all the same"),
    )

    class Said(Message):
        """What is being done now."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    class Compared(Message):
        """The comparison is there."""

        def __init__(self, view: CompareView) -> None:
            super().__init__()
            self.view = view

    class Failed(Message):
        """There is no comparison; it can be forced, or not."""

        def __init__(self, problem: str, *, can_be_forced: bool) -> None:
            super().__init__()
            self.problem, self.can_be_forced = problem, can_be_forced

    class Open(Message):
        """Look at a session."""

        def __init__(self, opening: Opening) -> None:
            super().__init__()
            self.opening = opening

    def __init__(self, sides: Sides, glyphs: Glyphs | None = None) -> None:
        super().__init__()
        self.view: CompareView | None = None
        self._sides, self._glyphs = sides, glyphs or known_glyphs()
        self._feed = CompareFeed()
        self._index = 0
        self._changed_only = False
        self._at_work = self._refused = False

    def compose(self) -> ComposeResult:
        """What it comes to, what differs, the runs, and one of them."""
        yield Static("dlprof compare", id="header", markup=False)
        yield Static("", id="sides", markup=False)
        yield Static("", id="said", markup=False)
        differs = VerticalScroll(Static("", id="differs-text", markup=False), id="differs-scroll")
        yield Collapsible(differs, title="", id="differs", collapsed_symbol="+", expanded_symbol="-")
        with Horizontal(id="comparison"):
            yield MarkedList(id="runs")
            with VerticalScroll(id="run-scroll"):
                yield Static("", id="run-title", markup=False)
                yield RunTable(self._glyphs)
        yield Static(self._legend(), id="legend", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin to read."""
        self._begin()
        self._show()

    def _begin(self) -> None:
        self._at_work, self._refused = True, False
        self.refresh_bindings()
        self._compare(self._sides)

    @work(thread=True)
    def _compare(self, sides: Sides) -> None:
        try:
            for found in self._feed.compare(sides):
                self.post_message(self.Said(found) if isinstance(found, str) else self.Compared(found))
        except (SessionError, NotComparable) as error:
            self.post_message(self.Failed(str(error), can_be_forced=isinstance(error, Refused)))

    def on_compare_screen_said(self, message: Said) -> None:
        """Say it."""
        self._say(Text(f"{message.line} ..."))

    def on_compare_screen_failed(self, message: Failed) -> None:
        """Say why there is nothing to see."""
        self._at_work, self._refused, self.view = False, message.can_be_forced, None
        hint = "\n\nx compares them all the same; q goes back" if message.can_be_forced else "\n\nq goes back"
        self._say(Text(f"{message.problem}{hint}", style="bold"))
        self._show()

    def on_compare_screen_compared(self, message: Compared) -> None:
        """Show it, at the run that was shown before."""
        key = self._run.key if self._run is not None else None
        self._at_work, self.view = False, message.view
        self._index = next((i for i, run in enumerate(message.view.runs) if run.key == key), 0)
        self.query_one("#runs", MarkedList).set_lines([_run_line(run) for run in message.view.runs])
        self.query_one("#differs", Collapsible).collapsed = not self.has_class("-tall")
        self._show()
        self.query_one("#run-scroll").focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another run, chosen in the list."""
        if self.view is not None and event.option_index != self._index:
            self._index = event.option_index
            self._show_run()

    @property
    def _run(self) -> RunView | None:
        return None if self.view is None else self.view.runs[self._index]

    def _say(self, text: Text) -> None:
        self.query_one("#said", Static).update(text)

    def _show(self) -> None:
        view, sides = self.view, self._sides
        self.query_one("#said").display = view is None
        for part in ("#differs", "#comparison", "#legend"):
            self.query_one(part).display = view is not None
        self._update("#sides", f"baseline   {_names(sides.baseline)}\ncandidate  {_names(sides.candidate)}")
        self._update("#header", "dlprof compare" if view is None else f"dlprof compare: {view.outcome}")
        if view is not None:
            self.query_one("#differs", Collapsible).title = _differs_title(view)
            self._update("#differs-text", "\n".join(_differs_lines(view)), wrapped=True)
            self._show_run()
        self.refresh_bindings()

    def _show_run(self) -> None:
        view, run = self.view, self._run
        if view is None or run is None:
            return
        count = f"{self._index + 1} of {len(view.runs)}"
        width = self.size.width - (NARROW_MARGIN if self.has_class("-narrow") else WIDE_MARGIN)
        self._update("#run-title", run_title(run, count, width, changed_only=self._changed_only))
        scale = Scale(view.half_log, math.log1p(view.margin))
        self.query_one(RunTable).shown = ShownRun(run, scale, self._changed_only)
        self.query_one("#runs", MarkedList).highlighted = self._index
        self.query_one("#run-scroll").scroll_home(animate=False)

    def _update(self, where: str, text: str, *, wrapped: bool = False) -> None:
        self.query_one(where, Static).update(Text(text) if wrapped else Text(text, no_wrap=True, overflow="ellipsis"))

    def _legend(self) -> str:
        signs = self._glyphs
        interval = f"{signs.ratio} ratio {signs.low}{signs.high} 95 % {signs.band} margin"
        return f"* decides {signs.one} ! worse + better = same ? inconclusive {signs.one} {interval}"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What needs a comparison waits for it."""
        if action == "force":
            return self._refused
        if action == "swap":
            return not self._at_work
        return self.view is not None or action not in ("run", "filter", "differences", "open")

    def action_run(self, direction: int) -> None:
        """The next run, or the one before."""
        if self.view is not None:
            self._index = (self._index + direction) % len(self.view.runs)
            self._show_run()

    def action_filter(self) -> None:
        """Only rows that changed, or all."""
        self._changed_only = not self._changed_only
        self._show_run()

    def action_differences(self) -> None:
        """Show what differs, or hide it."""
        differs = self.query_one("#differs", Collapsible)
        differs.collapsed = not differs.collapsed

    def action_swap(self) -> None:
        """The candidate becomes the baseline."""
        self._sides = self._sides.swapped()
        self._begin()
        self._show()

    def action_force(self) -> None:
        """Compare what is refused."""
        self._sides = self._sides.forced()
        self._begin()

    def action_open(self, side: int) -> None:
        """Look at this run in the newest recording of a side."""
        if self._run is not None:
            self.post_message(self.Open(self._run.opening[side]))

    def action_help(self) -> None:
        """Keys, words and signs."""
        show_help(self.app, COMPARE_HELP)


def _run_line(run: RunView) -> str:
    return f"{run.sign or ' '} {run.key}  {run.headline}"


def run_title(run: RunView, count: str, width: int, *, changed_only: bool) -> str:
    """Which run, which of its rows, and what it comes to; in `width` characters, where it can be said so shortly."""
    headline = f"   {run.sign} {run.headline}" if run.headline else ""
    whole = f"run {count}{', rows that changed' if changed_only else ''}: {run.key}{headline}"
    return whole if len(whole) <= width else f"{count}{', changed' if changed_only else ''}: {run.key}{headline}"


def _names(side: Sequence[Source]) -> str:
    return ", ".join(source.label for source in side)


def _differs_title(view: CompareView) -> str:
    counts = (
        (len(view.differences), "difference", "differences"),
        (len(view.missing), "run on one side only", "runs on one side only"),
        (len(view.failures), "failed run", "failed runs"),
        (len(view.notes), "note", "notes"),
    )
    said = [f"{count} {one if count == 1 else several}" for count, one, several in counts if count]
    return ", ".join(said) or "nothing differs besides what was measured"


def _differs_lines(view: CompareView) -> list[str]:
    """The worst first."""
    parts = (("failed", view.failures), ("missing", view.missing), ("note", view.notes), ("differs", view.differences))
    return [f"{label:8} {line}" for label, lines in parts for line in lines]
