"""The set-up screen: what to record, and recent sessions to open, compare and delete."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Click, DescendantFocus
from textual.message import Message
from textual.widgets import Label, OptionList, Static
from textual.worker import get_current_worker

from dlprof.session.errors import SessionError
from dlprof.tui import drawing
from dlprof.tui.check_list import CheckList
from dlprof.tui.compare_feed import Sides, Source
from dlprof.tui.contracts import CannotStart, Choice, LaneChoice, OptionChoice, RecentSession, Setup
from dlprof.tui.covered_screen import CoverableScreen
from dlprof.tui.delete_dialog import DeleteDialog
from dlprof.tui.help_screen import show_help
from dlprof.tui.help_texts import SETUP_HELP
from dlprof.tui.key_footer import KeyFooter
from dlprof.tui.keymap import named
from dlprof.tui.option_fields import OptionFields, OptionInput
from dlprof.tui.recent_list import RecentList, recent_detail

WIDTHS = [(0, "-narrow"), (100, "-wide")]
BATCH_SECONDS = 0.1
"""Recent sessions that were read are shown so often."""
LENGTH = OptionChoice(
    "length",
    "Length",
    "of each run, after its warm-up: 30s, 2m, 200 steps",
    "until stopped",
    ("until stopped", "30s", "2m", "10m", "200 steps", "1000 steps"),
)
_HINTS = {
    "lanes-list": "space chooses a lane; beside one without a box: the command that installs it",
    "tasks-list": "space chooses a task; each is trained in every lane, one task after the other",
}
_NOTHING_CHOSEN = "choose at least one lane and one task"
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class SetupScreen(CoverableScreen[None]):
    """Asks for lanes, tasks and options; lists recent sessions."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    BINDINGS: ClassVar[list[BindingType]] = named(
        "setup",
        Binding("enter", "start", "Start", show=False),
        Binding("ctrl+s", "start", "Start", key_display="^s", tooltip="Start recording what is chosen"),
        Binding("tab", "app.focus_next", "Next", tooltip="Go to the next field"),
        Binding("y", "copy", "Copy", tooltip="Copy the command that records the same"),
        Binding("q", "app.quit", "Quit"),
        Binding("ctrl+q", "app.quit", "Quit", key_display="ctrl+q", priority=True),
        Binding("question_mark", "help", "Help", key_display="?"),
    )

    class Start(Message):
        """Record this."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    class Open(Message):
        """Look at this session."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    class Compare(Message):
        """Compare these sessions."""

        def __init__(self, sides: Sides) -> None:
            super().__init__()
            self.sides = sides

    class Found(Message):
        """Some recent sessions were read."""

        def __init__(self, sessions: Sequence[RecentSession]) -> None:
            super().__init__()
            self.sessions = sessions

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self._setup = setup

    def compose(self) -> ComposeResult:
        """Choices above, recent sessions below."""
        setup = self._setup
        yield Static("dlprof: train one model in several frameworks and see where the step time goes", id="header")
        with Horizontal(id="choices"):
            with Vertical(id="lists"):
                yield Label("Lanes")
                lanes = ((lane.name, _lane_line(lane), lane.install is None) for lane in setup.lanes)
                yield CheckList(*lanes, chosen=setup.chosen.lanes, id="lanes-list")
                yield Label("Tasks")
                tasks = ((task.name, f"{task.name}: {task.title}", True) for task in setup.tasks)
                yield CheckList(*tasks, chosen=setup.chosen.tasks, id="tasks-list")
            with Vertical(id="options"):
                yield Label("Options")
                yield self._fields()
        yield Static("", id="field-said", markup=False)
        yield Static("", id="command", markup=False)
        yield Label("Recent sessions: none yet", id="recent-label")
        yield Static("", id="recent-head", markup=False)
        yield RecentList(id="recent")
        yield Static("", id="recent-detail", markup=False)
        yield KeyFooter()

    def _fields(self) -> OptionFields:
        setup, chosen = self._setup, self._setup.chosen
        device = OptionChoice(
            "device", "Device", "auto, a device, or LANE=DEVICE,...", "auto", ("auto", *setup.devices)
        )
        values = {"device": chosen.device, "length": length_text(chosen), **dict(chosen.options)}
        return OptionFields((device, LENGTH, *setup.options), values, self._option_problem, id="fields")

    def _option_problem(self, name: str, text: str) -> str | None:
        if name != LENGTH.name:
            return self._setup.problem(name, text)
        known = with_length(Choice((), (), ""), text) is not None
        return None if known else f"{text!r} is no length; such as 30s, 2m, 200 steps; empty: until stopped"

    def on_mount(self) -> None:
        """Show the command that does the same; lists are as high as they need to be, where there is room."""
        lists = [*self.query(CheckList)]
        for of in lists:
            of.styles.max_height = of.option_count
        rows = max(sum(of.option_count + 1 for of in lists), self.query_one(OptionFields).rows + 1)
        self.query_one("#choices").styles.max_height = rows
        self._show_command()
        lists[0].focus()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say what the field takes."""
        self._say_hint()

    def _say_hint(self) -> None:
        """What the field takes that has the keys, or what is wrong with its value."""
        field = self.focused
        if isinstance(field, OptionInput):
            text = field.value.strip()
            problem = self._option_problem(field.option.name, text) if text else None
            self._say(f"{field.option.label}: {problem or field.option.hint}", wrong=problem is not None)
        else:
            self._say(_HINTS.get(str(field.id) if field else "", ""), wrong=False)

    def _say(self, words: str, *, wrong: bool) -> None:
        said = self.query_one("#field-said", Static)
        said.set_class(wrong, "-wrong")
        said.update(Text(f"! {words}" if wrong else words, no_wrap=True, overflow="ellipsis"))

    def on_screen_resume(self) -> None:
        """Read the recent sessions, again after another screen: one may have ended meanwhile."""
        self._read_recent()

    def on_screen_suspend(self) -> None:
        """Leave the machine to what is shown or recorded now."""
        self.workers.cancel_node(self)

    @work(thread=True, exclusive=True)
    def _read_recent(self) -> None:
        worker, found, told_s = get_current_worker(), list[RecentSession](), time.monotonic()
        for session in self._setup.recent():
            if worker.is_cancelled:
                return
            found.append(session)
            if time.monotonic() - told_s > BATCH_SECONDS:
                self.post_message(self.Found(found))
                found, told_s = [], time.monotonic()
        self.post_message(self.Found(found))

    def on_setup_screen_found(self, message: Found) -> None:
        """Show them."""
        self._recent.add(message.sessions)
        self._show_recent()

    def on_resize(self) -> None:
        """The names of the columns stand above them."""
        self._show_recent()

    @property
    def _recent(self) -> RecentList:
        return self.query_one("#recent", RecentList)

    def _show_recent(self) -> None:
        recent = self._recent
        known, chosen = bool(recent.sessions), recent.chosen
        words = "Recent sessions: enter opens one, space marks two to compare" if known else "Recent sessions: none yet"
        self.query_one("#recent-label", Label).update(words)
        for part in ("#recent-head", "#recent", "#recent-detail"):
            self.query_one(part).display = known
        self.query_one("#recent-head", Static).update(Text(recent.head, no_wrap=True))
        detail = "" if chosen is None else recent_detail(chosen)
        self.query_one("#recent-detail", Static).update(Text(detail, no_wrap=True, overflow="ellipsis"))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another recent session."""
        if event.option_list is self._recent:
            self._show_recent()

    def on_check_list_changed(self) -> None:
        """The choice changed."""
        self._show_command()

    def on_input_changed(self) -> None:
        """The choice changed."""
        self._say_hint()
        self._show_command()

    def on_input_submitted(self) -> None:
        """Enter in a field starts."""
        self.action_start()

    def on_recent_list_open(self, message: RecentList.Open) -> None:
        """Look at a session, if there is something to see."""
        session = message.session
        if session.readable:
            self.post_message(self.Open(session.path))
        else:
            self.notify(session.state, severity="warning", markup=False)

    def on_recent_list_compare(self, message: RecentList.Compare) -> None:
        """Compare two: the older one is the baseline."""
        marked = message.marked
        if len(marked) == 2:
            baseline, candidate = (Source(session.path, session.path.stem) for session in marked)
            self.post_message(self.Compare(Sides((baseline,), (candidate,))))
        else:
            words = f"{len(marked)} marked; two are compared: space marks one, or no longer"
            self.notify(words, severity="warning", markup=False)

    def on_recent_list_delete(self, message: RecentList.Delete) -> None:
        """Ask first."""
        session = message.session
        what = f"{session.path.stem} ({drawing.size(session.size).strip()})"
        self.app.push_screen(DeleteDialog(what), lambda sure: self._delete(session) if sure else None)

    def _delete(self, session: RecentSession) -> None:
        try:
            self._setup.delete(session.path)
        except SessionError as error:
            self.notify(str(error), severity="error", timeout=20, markup=False)
            return
        self._recent.drop(session)
        self._show_recent()

    def on_click(self, event: Click) -> None:
        """A click on the command copies it."""
        if event.widget is self.query_one("#command"):
            self.action_copy()

    def action_copy(self) -> None:
        """Copy the command, as far as the terminal lets programs do that."""
        try:
            command = self._command(self.query_one(OptionFields).problems)
        except CannotStart as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        self.app.copy_to_clipboard(command)
        self.notify(command, title="Copied, if this terminal allows it", timeout=10, markup=False)

    def action_help(self) -> None:
        """Keys and words."""
        show_help(self.app, SETUP_HELP)

    def action_start(self) -> None:
        """Start the recording, if the choice can be recorded; otherwise go to what cannot."""
        wrong = self.query_one(OptionFields).problems
        if wrong:
            name = next(iter(wrong))
            self.query_one(f"#{name}", OptionInput).focus()  # the line above says why
            self.notify(f"not started: {name} cannot be understood", severity="warning", markup=False)
            return
        choice = self._choice()
        if choice.lanes and choice.tasks:
            self.post_message(self.Start(choice))
        else:
            self._say(_NOTHING_CHOSEN, wrong=True)

    def _choice(self) -> Choice:
        """What is chosen, where every option can be understood."""
        values = self.query_one(OptionFields).values
        device, length = values.pop("device", "auto"), values.pop(LENGTH.name, "")
        choice = Choice(
            self.query_one("#lanes-list", CheckList).chosen,
            self.query_one("#tasks-list", CheckList).chosen,
            device,
            options=tuple(values.items()),
        )
        return with_length(choice, length) or choice

    def _command(self, wrong: Mapping[str, str]) -> str:
        """The command that records what is chosen; `wrong` are the problems of options, by name.

        Raises:
            CannotStart: it cannot be recorded.
        """
        choice = self._choice()
        if wrong:
            raise CannotStart("; ".join(f"{name}: {problem}" for name, problem in wrong.items()))
        if not choice.lanes or not choice.tasks:
            raise CannotStart(_NOTHING_CHOSEN)
        return self._setup.command(choice)

    def _show_command(self) -> None:
        wrong = self.query_one(OptionFields).problems
        try:
            words = f"$ {self._command(wrong)}"
        except CannotStart as error:  # what is wrong with an option stands in the line above
            words = f"! no recording with this {' and '.join(wrong)}" if wrong else f"! {error}"
        self.query_one("#command", Static).update(Text(words))


def with_length(choice: Choice, text: str) -> Choice | None:
    """`choice` with the length that `text` says: `30`, `30s`, `2m`, `1h`, `200 steps` or nothing; None otherwise."""
    text = text.strip()
    if not text:
        return choice
    if match := re.fullmatch(r"([1-9]\d{0,11}) *steps?", text):
        return replace(choice, steps=int(match[1]))
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) *([smh]?)", text)
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    return replace(choice, duration_s=seconds) if seconds else None


def length_text(choice: Choice) -> str:
    """What `with_length` understands."""
    if choice.steps is not None:
        return f"{choice.steps} steps"
    return "" if choice.duration_s is None else f"{choice.duration_s:.10g}s"


def _lane_line(lane: LaneChoice) -> str:
    return f"{lane.name}: {lane.install}" if lane.install else f"{lane.name} {lane.version}"
