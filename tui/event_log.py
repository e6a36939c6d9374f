"""The log of a session's events, to read and to go to."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from dlprof.tui.check_list import MarkedList
from dlprof.tui.event_views import EventLine, event_at
from dlprof.tui.keymap import named


class EventLog(MarkedList):
    """Rows of `EventLine`; the newest that had happened is marked until another is chosen. Enter goes to one."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "log",
        Binding("enter", "select", "Go there", key_display="enter"),
        Binding("escape", "screen.log", "Close", key_display="esc"),
        Binding("left", "screen.seek(-1)", "Seek", show=False),
        Binding("right", "screen.seek(1)", "Seek", show=False),
        Binding("home", "screen.begin", "Start", show=False),
        Binding("end", "screen.end", "End"),
    )

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._events: tuple[EventLine, ...] = ()
        self._marked_event: int | None = None

    @property
    def chosen(self) -> EventLine | None:
        """The row that the next key acts on."""
        return None if self.highlighted is None else self._events[self.highlighted]

    def show(self, events: tuple[EventLine, ...], position_ns: int) -> None:
        """These events, at this moment."""
        if events != self._events:
            self._events = events
            self.set_lines([str(event) for event in events])
        at = event_at(events, position_ns)
        if at != self._marked_event:
            self._marked_event = self.highlighted = at
