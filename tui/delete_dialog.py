"""Asks before a session is deleted."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Label

from dlprof.tui.keymap import named


class DeleteDialog(ModalScreen[bool]):
    """Gives whether to delete."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "delete",
        Binding("d", "dismiss(True)", "Delete it"),
        Binding("escape,k", "dismiss(False)", "Keep it"),
    )

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def compose(self) -> ComposeResult:
        """The question and its two answers."""
        with Vertical(classes="dialog"):
            yield Label(f"Delete {self._what}? Nobody can bring it back.", markup=False)
            yield Button("Keep it (esc)", id="keep", variant="primary")
            yield Button("Delete it (d)", id="delete-it", variant="error")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A mouse works too."""
        self.dismiss(event.button.id == "delete-it")
