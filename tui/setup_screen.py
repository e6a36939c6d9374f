"""The set-up screen: what to record, and recent sessions to open, compare and delete."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Click
from textual.message import Message
from textual.widgets import Footer, Input, Label, OptionList, Static
from textual.worker import get_current_worker

from dlprof.session.errors import SessionError
from dlprof.tui import drawing
from dlprof.tui.check_list import CheckList
from dlprof.tui.compare_feed import Sides, Source
from dlprof.tui.contracts import Choice, LaneChoice, RecentSession, Setup
from dlprof.tui.covered_screen import CoverableScreen
from dlprof.tui.delete_dialog import DeleteDialog
from dlprof.tui.help_screen import HelpScreen, show_help
from dlprof.tui.help_texts import SETUP_HELP
from dlprof.tui.keymap import named
from dlprof.tui.recent_list import RecentList, recent_detail

HEIGHTS = [(0, "-short"), (36, "-tall")]
BATCH_SECONDS = 0.1
"""Recent sessions that were read are shown so often."""
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class SetupScreen(CoverableScreen[None]):
    """Asks for tasks, lanes, device and length; lists recent sessions."""

    VERTICAL_BREAKPOINTS = HEIGHTS
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
        yield Label("Lanes")
        lanes = ((lane.name, _lane_line(lane), lane.install is None) for lane in setup.lanes)
        yield CheckList(*lanes, chosen=setup.chosen.lanes, id="lanes-list")
        yield Label("Tasks")
        tasks = ((task.name, f"{task.name}: {task.title}", True) for task in setup.tasks)
        yield CheckList(*tasks, chosen=setup.chosen.tasks, id="tasks-list")
        with Horizontal(id="fields"):
            yield Label("Device ")
            devices = ", ".join(("auto", *setup.devices))
            yield Input(setup.chosen.device, id="device", placeholder=devices, compact=True)
            yield Label(" Length of a run ")
            length = length_text(setup.chosen)
            yield Input(length, id="length", placeholder="until stopped; 30s, 200 steps", compact=True)
        yield Static("", id="command", markup=False)
        yield Label("Recent sessions: none yet", id="recent-label")
        yield Static("", id="recent-head", markup=False)
        yield RecentList(id="recent")
        yield Static("", id="recent-detail", markup=False)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Show the command that does the same."""
        self._show_command()
        self.query_one("#lanes-list").focus()

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
        choice = self._choice()
        if choice is not None:
            command = self._setup.command(choice)
            self.app.copy_to_clipboard(command)
            self.notify(command, title="Copied, if this terminal allows it", timeout=10, markup=False)

    async def action_help(self) -> None:
        """Keys and words."""
        await show_help(self.app, HelpScreen(text=SETUP_HELP))

    def action_start(self) -> None:
        """Start the recording, if the choice can be recorded."""
        choice = self._choice()
        problem = self._problem(choice)
        if choice is not None and problem is None:
            self.post_message(self.Start(choice))
        else:
            self.notify(str(problem), severity="warning", markup=False)

    def _problem(self, choice: Choice | None) -> str | None:
        if choice is None:
            length = self.query_one("#length", Input).value
            return f"{length!r} is no length; such as 30s, 2m, 200 steps; empty: until stopped"
        if not choice.lanes or not choice.tasks:
            return "choose at least one lane and one task"
        return None

    def _choice(self) -> Choice | None:
        """What is chosen; None while the length cannot be understood."""
        return with_length(
            Choice(
                self.query_one("#lanes-list", CheckList).chosen,
                self.query_one("#tasks-list", CheckList).chosen,
                self.query_one("#device", Input).value.strip() or "auto",
            ),
            self.query_one("#length", Input).value,
        )

    def _show_command(self) -> None:
        choice = self._choice()
        if choice is not None:
            self.query_one("#command", Static).update(Text("$ " + self._setup.command(choice)))


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
    return f"{lane.name}: not installed: {lane.install}" if lane.install else f"{lane.name} {lane.version}"
