"""The stacks screen: where the sampled time of a lane went, as a tree, as a flame and function by function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import ScreenResume
from textual.widgets import Input, OptionList, Static

from dlprof.session.call_tree import Call, Path
from dlprof.session.history import RunHistory
from dlprof.tui.call_list import CallList
from dlprof.tui.check_list import MarkedList
from dlprof.tui.covered_screen import KeptScreen
from dlprof.tui.flame_graph import Flame, FlameGraph
from dlprof.tui.help_screen import show_help
from dlprof.tui.help_texts import STACKS_HELP
from dlprof.tui.key_footer import KeyFooter
from dlprof.tui.keymap import named
from dlprof.tui.stack_drawing import (
    TreeRow,
    detail,
    first_branch,
    flame_head,
    found_line,
    function_head,
    function_line,
    opened_at_first,
    phases_line,
    title_line,
    tree_head,
    tree_line,
    tree_rows,
)
from dlprof.tui.stack_search import calls_named, hottest, next_match
from dlprof.tui.stack_views import StackChoice, StacksView, stacks_view
from dlprof.tui.time_range import TimeRange

T = TypeVar("T")
KINDS = ("tree", "flame", "functions")
FUNCTIONS = 200
"""So many are listed, the hottest first."""


@dataclass(frozen=True)
class StacksMoment:
    """The newest run of each lane of a task as it was known at the playhead, ns."""

    task: str
    runs: tuple[RunHistory, ...]
    playhead_ns: int


STACKS_SCREEN = "stacks"
"""Under which the app keeps the screen."""


class StacksScreen(KeptScreen[None]):
    """The stacks of one lane, or of two beside each other, at the playhead of a session.

    The app keeps the one that there is: what is not made anew is on the screen at once, and as it was left.
    """

    BINDINGS: ClassVar[list[BindingType]] = named(
        "stacks",
        Binding("q,escape", "back", "Back", key_display="q"),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("v", "kind", "View", tooltip="Tree, flame, or function by function"),
        Binding("l", "lane", "Lane", tooltip="Show the next lane"),
        Binding("b", "beside", "Beside", tooltip="Put the next lane beside it, or none"),
        Binding("p", "phase", "Phase", tooltip="Only the next phase, or all"),
        Binding("slash", "search", "Search", key_display="/"),
        Binding("n", "match(1)", "Next match", show=False),
        Binding("N", "match(-1)", "Match before", show=False),
        Binding("plus,equals_sign", "length(1)", "Time", key_display="+-", tooltip="A shorter stretch of time"),
        Binding("minus", "length(-1)", "A longer stretch of time", show=False),
        Binding("comma", "move(-1)", "Move", key_display=",.", tooltip="An earlier stretch of time"),
        Binding("full_stop", "move(1)", "A later stretch of time", show=False),
        Binding("a", "all", "All", tooltip="All of the time"),
    )

    def __init__(self, refresh_hz: float) -> None:
        super().__init__()
        self._hz = refresh_hz
        self._begin(lambda: None)

    def _begin(self, moment: Callable[[], StacksMoment | None]) -> None:
        self.moment = moment
        self.view: StacksView | None = None
        self._choice, self._range, self._kind = StackChoice(), TimeRange(), KINDS[0]
        self._shown: object = None
        self._turned: dict[Path, bool] = {}
        self._chosen: Path = ()
        self._top: Path | None = None
        self._rows: tuple[TreeRow, ...] = ()
        self._searched = ""
        self._found: tuple[Call, ...] = ()

    def look(self, moment: Callable[[], StacksMoment | None], span: TimeRange) -> None:
        """Show what is known at a playhead, None before there is a session, in `span` at first.

        What was chosen and opened before stays so while it is the same session.
        """
        if moment != self.moment:
            self._begin(moment)
        self._range = span

    def compose(self) -> ComposeResult:
        """What is shown, its phases, the stacks, the chosen call, keys."""
        yield Static("stacks", id="header", markup=False)
        yield Static("", id="stack-phases", markup=False)
        yield Static("", id="stack-notes", markup=False)
        yield Static("", id="stack-head", markup=False)
        yield CallList(id="stack-tree")
        yield FlameGraph(id="stack-flame")
        yield Static("", id="stack-beside-head", markup=False)
        yield FlameGraph(id="stack-flame-beside")
        yield MarkedList(id="stack-functions")
        yield Static("", id="stack-detail", markup=False)
        yield Input(placeholder="part of a function's or a file's name", id="stack-search", compact=True)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Show what is there, and what comes."""
        self.query_one("#stack-search").display = False
        self._following = self.set_interval(1 / self._hz, self._show_new)

    def on_screen_suspend(self) -> None:
        """Rest while nobody sees it."""
        self._following.pause()

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Show what is there now; what did not change since it was last seen is not drawn anew."""
        self._following.resume()
        if self._shown is None:
            self._show_kind()
        else:
            self._show_new()

    def on_resize(self) -> None:
        """Lines are as wide as the screen."""
        self._show_new()

    def _show_new(self) -> None:
        """Segments come every few seconds: between them nothing changes."""
        moment = self.moment()
        if moment is None:
            return
        known = tuple((run.run.id, len(run.segments), run.ended) for run in moment.runs)
        shown = (moment.task, known, self._range, self._choice, self.size)
        if shown != self._shown:
            self._shown = shown
            self.view = stacks_view(moment.runs, self._choice, *self._range.bounds(moment.playhead_ns))
            self._update("#header", title_line(moment.task, self.view, self.size.width - 2))
            self._update("#stack-phases", phases_line(self.view))
            self._found = calls_named(self.view.root, self._searched)
            self._show_calls()

    def _show_calls(self) -> None:
        view = self.view
        if view is None:
            return
        if view.root.at(self._chosen) is None or not self._chosen:
            self._chosen = first_branch(view.root).path
        searched = [found_line(self._searched, self._found, view.root)] if self._searched else []
        notes = self.query_one("#stack-notes", Static)
        notes.update(Text("\n".join([*view.notes, *searched]), no_wrap=True, overflow="ellipsis"))
        notes.display = bool(view.notes or searched)
        {"tree": self._show_tree, "flame": self._show_flame, "functions": self._show_functions}[self._kind](view)
        self._show_chosen()

    def _show_tree(self, view: StacksView) -> None:
        opened = opened_at_first(view.root) | {path for path, is_open in self._turned.items() if is_open}
        self._rows = tree_rows(view.root, opened - {path for path, is_open in self._turned.items() if not is_open})
        found = {call.path for call in self._found}
        tree = self.query_one(CallList)
        tree.set_lines([tree_line(row, view.root, self.size.width, view.beside, found) for row in self._rows])
        tree.highlighted = next((i for i, row in enumerate(self._rows) if row.call.path == self._chosen), None)
        self._update("#stack-head", f"  {tree_head(view.lane, view.beside)}")

    def _show_flame(self, view: StacksView) -> None:
        top = view.root.at(self._top) if self._top is not None else None
        top = top or first_branch(view.root)
        if self._chosen[: len(top.path)] != top.path:
            top = view.root
        found = frozenset(call.path for call in self._found)
        self.query_one("#stack-flame", FlameGraph).flame = Flame(top, self._chosen, found)
        self._update("#stack-head", flame_head(view.lane, top))
        if view.beside is not None:
            below = view.beside_root.at(top.path) or first_branch(view.beside_root)
            self.query_one("#stack-flame-beside", FlameGraph).flame = Flame(below, self._chosen, found)
            self._update("#stack-beside-head", flame_head(view.beside, below))
        self._show_flame_beside()

    def _show_functions(self, view: StacksView) -> None:
        found = {call.path[-1] for call in self._found}
        listed = view.functions[:FUNCTIONS]
        lines = [function_line(each, view.root, self.size.width, view.beside, found) for each in listed]
        self.query_one("#stack-functions", MarkedList).set_lines(lines)
        self._update("#stack-head", f"  {function_head(view.lane, view.beside)}")

    def _show_chosen(self) -> None:
        view = self.view
        if view is None:
            return
        if view.reason is not None:
            self._update("#stack-detail", view.reason)
        elif self._kind == "functions":
            at = self.query_one("#stack-functions", MarkedList).highlighted
            listed = view.functions[:FUNCTIONS]
            self._update("#stack-detail", detail(listed[at], view) if at is not None and at < len(listed) else "")
        else:
            call = view.root.at(self._chosen)
            self._update("#stack-detail", detail(call, view) if call is not None else "")

    def _update(self, where: str, text: str) -> None:
        widget = self.query_one(where, Static)
        if str(widget.content) != text:
            widget.update(Text(text, no_wrap=True, overflow="ellipsis"), layout=False)

    def _show_kind(self) -> None:
        for kind in KINDS:
            self.query_one(f"#stack-{kind}").display = kind == self._kind
        self._show_flame_beside()
        self.query_one(f"#stack-{self._kind}").focus()
        self._show_new()
        self._show_calls()

    def _show_flame_beside(self) -> None:
        shown = self._kind == "flame" and self.view is not None and self.view.beside is not None
        for where in ("#stack-beside-head", "#stack-flame-beside"):
            self.query_one(where).display = shown

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another row is chosen."""
        at = event.option_list.highlighted
        if self._kind == "tree" and event.option_list.id == "stack-tree" and at is not None and at < len(self._rows):
            self._chosen = self._rows[at].call.path
        self._show_chosen()

    def on_option_list_option_selected(self) -> None:
        """Enter, or a click: open the call, or close it."""
        row = next((row for row in self._rows if row.call.path == self._chosen), None)
        if self._kind == "tree" and row is not None and row.opened is not None:
            self._turn(opened=not row.opened)

    def on_call_list_turned(self, message: CallList.Turned) -> None:
        """Open the call, or close it; of one that is closed, go to what called it."""
        row = next((row for row in self._rows if row.call.path == self._chosen), None)
        if row is not None and not message.opened and not row.opened and len(self._chosen) > 1:
            self._chosen = self._chosen[:-1]
        self._turn(opened=message.opened)

    def _turn(self, *, opened: bool) -> None:
        self._turned[self._chosen] = opened
        self._show_calls()

    def on_flame_graph_chosen(self, message: FlameGraph.Chosen) -> None:
        """Another call is chosen."""
        self._chosen = message.path
        self._show_calls()

    def on_flame_graph_widened(self, message: FlameGraph.Widened) -> None:
        """The flame goes from another call on."""
        self._top = message.top
        self._show_calls()

    def action_back(self) -> None:
        """Leave the search, or the screen."""
        if not self._searched and not self.query_one("#stack-search").display:
            self.dismiss()
            return
        self.query_one("#stack-search", Input).value = ""
        self._search("")
        self.on_input_submitted()

    def action_kind(self) -> None:
        """Tree, flame, functions."""
        self._kind = KINDS[(KINDS.index(self._kind) + 1) % len(KINDS)]
        self._show_kind()

    def action_lane(self) -> None:
        """The next lane."""
        if self.view is not None and self.view.lanes:
            self._choose(lane=_next(self.view.lanes, self.view.lane), phase=None)

    def action_beside(self) -> None:
        """The next lane beside it, and after the last one none."""
        if self.view is not None:
            others = [lane for lane in self.view.lanes if lane != self.view.lane]
            self._choose(beside=_next((None, *others), self.view.beside))

    def action_phase(self) -> None:
        """The next phase that there is, and after the last one all."""
        if self.view is not None:
            self._choose(phase=_next((None, *(phase for phase, _ in self.view.phases)), self.view.phase))

    def _choose(self, **changed: str | None) -> None:
        self._choice = replace(self._choice, **changed)
        self._show_new()

    def action_length(self, shorter: int) -> None:
        """A shorter stretch of time, or a longer one."""
        if (moment := self.moment()) is not None:
            change = self._range.shorter if shorter > 0 else self._range.longer
            self._range = change(moment.playhead_ns)
            self._show_new()

    def action_move(self, halves: int) -> None:
        """Half a stretch earlier, or later."""
        if (moment := self.moment()) is not None:
            self._range = self._range.moved(halves, moment.playhead_ns)
            self._show_new()

    def action_all(self) -> None:
        """All of the time."""
        self._range = TimeRange()
        self._show_new()

    def action_search(self) -> None:
        """Ask for what to search."""
        search = self.query_one("#stack-search", Input)
        search.display = True
        search.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search while it is typed."""
        self._search(event.value)

    def on_input_submitted(self) -> None:
        """Back to the stacks, with what was found."""
        self.query_one("#stack-search").display = False
        self._show_kind()

    def _search(self, part: str) -> None:
        self._searched = part
        if self.view is None:
            return
        self._found = calls_named(self.view.root, part)
        if self._found:
            self._reveal(hottest(self._found))
        else:
            self._show_calls()

    def action_match(self, direction: int) -> None:
        """The next call that was found, or the one before."""
        if self._found:
            self._reveal(next_match(self._found, self._chosen, direction))

    def _reveal(self, path: Path) -> None:
        """Choose a call, and open all that leads to it."""
        self._chosen, self._top = path, None
        self._turned |= {path[:depth]: True for depth in range(1, len(path))}
        self._show_calls()
        if self._kind == "functions" and self.view is not None:
            names = [(each.name, each.file) for each in self.view.functions[:FUNCTIONS]]
            if path[-1] in names:
                self.query_one("#stack-functions", MarkedList).highlighted = names.index(path[-1])

    def action_help(self) -> None:
        """Keys and words, and what has to be known to read what is shown."""
        view = self.view
        reasons = () if view is None else (*([view.reason] if view.reason else []), *view.notes)
        show_help(self.app, STACKS_HELP, reasons)


def _next(choices: Sequence[T], chosen: T) -> T:
    return choices[(choices.index(chosen) + 1) % len(choices)] if chosen in choices else choices[0]
