"""The set-up screen: what to record, and recent sessions to replay."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Footer, Input, Label, OptionList, SelectionList, Static
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from dlprof.tui.contracts import Choice, Setup


class CheckList(SelectionList[str]):
    """Space chooses; Enter is left to the screen, where it starts."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.start", show=False)]

    def render_line(self, y: int) -> Strip:
        """As in its base, which tells what is chosen by colour alone; here the box of the others is empty."""
        strip, index = super().render_line(y), self.scroll_offset.y + y
        if index >= self.option_count or self.get_option_at_index(index).value in self.selected:
            return strip
        left, mark, *rest = strip
        return Strip([left, Segment(" ", mark.style), *rest])


class SetupScreen(Screen[None]):
    """Asks for tasks, lanes, device and length."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+s", "start", "Start", key_display="enter"),
        Binding("space", "pass", "Choose", show=True),
        Binding("tab", "app.focus_next", "Next field"),
        Binding("ctrl+q", "app.quit", "Quit"),
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
        """Choices left, recent sessions right or below."""
        yield Static("dlprof: train one model in several frameworks and see where the step time goes", id="header")
        yield Label("Lanes")
        yield CheckList(*(self._lane(lane.name) for lane in self._setup.lanes), id="lanes-list", compact=True)
        yield Label("Tasks")
        tasks = (Selection(Text(f"{t.name}: {t.title}"), t.name, True) for t in self._setup.tasks)
        yield CheckList(*tasks, id="tasks-list", compact=True)
        with Horizontal(id="fields"):
            yield Label("Device ")
            yield Input("auto", id="device", placeholder=", ".join(("auto", *self._setup.devices)), compact=True)
            yield Label(" Seconds a run ")
            length = "" if self._setup.seconds is None else f"{self._setup.seconds:g}"
            yield Input(length, id="length", placeholder="until stopped", type="number", compact=True)
        yield Static("", id="command", markup=False)
        yield Label("Recent sessions (Enter replays)")
        recent = (Option(Text(session.line), id=str(i)) for i, session in enumerate(self._recent))
        yield OptionList(*recent, id="recent")
        yield Footer(compact=True, show_command_palette=False)

    def _lane(self, name: str) -> Selection[str]:
        lane = next(lane for lane in self._setup.lanes if lane.name == name)
        if lane.install:
            return Selection(Text(f"{name}: not installed: {lane.install}"), name, False, disabled=True)
        return Selection(Text(f"{name} {lane.version}"), name, lane.chosen)

    def on_mount(self) -> None:
        """Show the command that does the same."""
        self._show_command()
        self.query_one("#lanes-list").focus()

    def on_selection_list_selected_changed(self) -> None:
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
        if event.option_list.id == "recent":
            self.post_message(self.Replay(self._recent[int(str(event.option.id))].path))

    def action_pass(self) -> None:
        """Shown in the footer; the lists act on the key themselves."""

    def action_start(self) -> None:
        """Start the recording, if the choice can be recorded."""
        choice = self._choice()
        if not choice.lanes or not choice.tasks:
            self.notify("choose at least one lane and one task", severity="warning")
        elif choice.device not in ("auto", *self._setup.devices):
            known = ", ".join(("auto", *self._setup.devices))
            self.notify(f"unknown device; there are: {known}", severity="warning", markup=False)
        else:
            self.post_message(self.Start(choice))

    def _choice(self) -> Choice:
        lanes = self.query_one("#lanes-list", SelectionList).selected
        tasks = self.query_one("#tasks-list", SelectionList).selected
        length = self.query_one("#length", Input).value.strip()
        try:
            seconds = float(length) if length else None
        except ValueError:
            seconds = None
        return Choice(
            tuple(lane.name for lane in self._setup.lanes if lane.name in lanes),
            tuple(task.name for task in self._setup.tasks if task.name in tasks),
            self.query_one("#device", Input).value.strip() or "auto",
            seconds if seconds and seconds > 0 else None,
        )

    def _show_command(self) -> None:
        self.query_one("#command", Static).update(Text("$ " + self._setup.command(self._choice())))
