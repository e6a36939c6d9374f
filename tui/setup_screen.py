"""The set-up screen: what to record, and recent sessions to replay."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Input, Label, OptionList, Static

from dlprof.tui.check_list import CheckList, MarkedList
from dlprof.tui.contracts import Choice, LaneChoice, Setup
from dlprof.tui.help_screen import HelpScreen

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class SetupScreen(Screen[None]):
    """Asks for tasks, lanes, device and length."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+s", "start", "Start", key_display="enter"),
        Binding("tab", "app.focus_next", "Next field"),
        Binding("q", "app.quit", "Quit"),
        Binding("ctrl+q", "app.quit", "Quit", key_display="ctrl+q", priority=True),
        Binding("question_mark", "help", "Help", key_display="?"),
    ]

    class Start(Message):
        """Record this."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    class Replay(Message):
        """Open this session."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self._setup = setup
        self._recent = setup.recent()

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
        if self._recent:
            yield Label("Recent sessions (Enter replays)")
            yield MarkedList(*(session.line for session in self._recent), id="recent")
        else:
            yield Label("Recent sessions: none yet")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Show the command that does the same."""
        self._show_command()
        self.query_one("#lanes-list").focus()

    def on_check_list_changed(self) -> None:
        """The choice changed."""
        self._show_command()

    def on_input_changed(self) -> None:
        """The choice changed."""
        self._show_command()

    def on_input_submitted(self) -> None:
        """Enter in a field starts."""
        self.action_start()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on a recent session replays it."""
        self.post_message(self.Replay(self._recent[event.option_index].path))

    def action_help(self) -> None:
        """Keys and words."""
        self.app.push_screen(HelpScreen())

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
