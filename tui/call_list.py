"""A tree of calls as rows that open and close."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from dlprof.tui.check_list import MarkedList
from dlprof.tui.keymap import named


class CallList(MarkedList):
    """Rows of calls; right opens the marked one, left closes it, Enter does what is not done."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "calls",
        Binding("right", "turn(True)", "Open a call", show=False),
        Binding("left", "turn(False)", "Close a call", show=False),
    )

    class Turned(Message):
        """Open the marked call, or close it."""

        def __init__(self, *, opened: bool) -> None:
            super().__init__()
            self.opened = opened

    def action_turn(self, opened: bool) -> None:
        """Open or close."""
        self.post_message(self.Turned(opened=opened))
