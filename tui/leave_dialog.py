"""What becomes of the recording when its viewer is left."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Label

from dlprof.tui.keymap import named


class LeaveDialog(ModalScreen[str | None]):
    """Gives `stop`, `run on`, or None to stay."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "leave",
        Binding("s", "answer('stop')", "Stop the recording"),
        Binding("r", "answer('run on')", "Let it run on"),
        Binding("escape", "dismiss(None)", "Stay"),
    )

    def compose(self) -> ComposeResult:
        """The question and its three answers."""
        with Vertical(classes="dialog"):
            yield Label("The recording is still running.")
            yield Button("Stop the recording (s)", id="stop", variant="primary")
            yield Button("Let it run on; come back with: dlprof watch (r)", id="run-on")
            yield Button("Stay (esc)", id="stay")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A mouse works too."""
        self.dismiss({"stop": "stop", "run-on": "run on"}.get(str(event.button.id)))

    def action_answer(self, answer: str) -> None:
        """An answer by key."""
        self.dismiss(answer)
