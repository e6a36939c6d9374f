"""Recent sessions, to open, to mark for a comparison, and to delete."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from dlprof.tui import drawing
from dlprof.tui.check_list import MarkedList
from dlprof.tui.contracts import RecentSession
from dlprof.tui.keymap import named

BOX = 5
"""Cells at the beginning of a row that mark it when they are clicked."""
WIDE, WIDEST = 112, 152
"""Characters from which on a row has all columns, and from which on they are wide."""


class RecentList(MarkedList):
    """Rows of `RecentSession`; Enter opens, Space marks."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "recent",
        Binding("enter", "select", "Open", key_display="enter", tooltip="Watch or replay it"),
        Binding("space,m", "mark", "Mark", key_display="space", tooltip="Mark it, to compare two"),
        Binding("c", "compare", "Compare", tooltip="Compare the two that are marked"),
        Binding("delete,x", "delete", "Delete", key_display="x"),
    )

    class Open(Message):
        """Look at this session."""

        def __init__(self, session: RecentSession) -> None:
            super().__init__()
            self.session = session

    class Compare(Message):
        """Compare what is marked, the oldest first."""

        def __init__(self, marked: tuple[RecentSession, ...]) -> None:
            super().__init__()
            self.marked = marked

    class Delete(Message):
        """Delete this session."""

        def __init__(self, session: RecentSession) -> None:
            super().__init__()
            self.session = session

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._sessions: dict[Path, RecentSession] = {}
        self._marked: list[Path] = []

    @property
    def sessions(self) -> tuple[RecentSession, ...]:
        """All rows."""
        return tuple(self._sessions.values())

    @property
    def chosen(self) -> RecentSession | None:
        """The row that the next key acts on."""
        return None if self.highlighted is None else self.sessions[self.highlighted]

    @property
    def head(self) -> str:
        """The names of the columns, above them."""
        return f"{'':{BOX + 1}}{recent_head(self._width)}"

    def add(self, sessions: Sequence[RecentSession]) -> None:
        """Append these rows, or show in their place what is now known of them."""
        for session in sessions:
            known = session.path in self._sessions
            self._sessions[session.path] = session
            line = recent_line(session, self._width)
            if known:
                index = [*self._sessions].index(session.path)
                self._lines_shown[index] = line
                self._draw_row(index)
            else:
                self._lines_shown.append(line)
                self.add_option(Option(Text(self._prompt(len(self._lines_shown) - 1))))
        if self.highlighted is None and self._sessions:
            self.highlighted = 0

    def drop(self, session: RecentSession) -> None:
        """Take the row away."""
        del self._sessions[session.path]
        self._marked = [path for path in self._marked if path != session.path]
        self._show()

    def on_resize(self) -> None:
        """Other columns."""
        self._show()

    def _show(self) -> None:
        self.set_lines([recent_line(session, self._width) for session in self._sessions.values()])

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width - BOX - 1

    def _prompt(self, index: int, *, marked: bool = False) -> str:
        box = "[x]" if self.sessions[index].path in self._marked else "[ ]"
        return f"{'›' if marked else ' '} {box} {self._lines_shown[index]}"

    def on_click(self, event: Click) -> None:
        """A click chooses the row, one on its box marks it, a double click opens it."""
        event.prevent_default()
        row = event.style.meta.get("option")
        if row is None:
            return
        self.highlighted = row
        if event.get_content_offset_capture(self).x < BOX:
            self.action_mark()
        elif event.chain > 1:
            self.action_select()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open the row."""
        event.stop()
        self.post_message(self.Open(self.sessions[event.option_index]))

    def action_mark(self) -> None:
        """Mark the row, or no longer."""
        session, row = self.chosen, self.highlighted
        if session is None or row is None:
            return
        if session.path in self._marked:
            self._marked.remove(session.path)
        else:
            self._marked.append(session.path)
        self._draw_row(row)

    def action_compare(self) -> None:
        """Compare what is marked."""
        marked = [session for session in self.sessions if session.path in self._marked]
        self.post_message(self.Compare(tuple(sorted(marked, key=lambda session: session.started_at))))

    def action_delete(self) -> None:
        """Delete the row's session."""
        if self.chosen is not None:
            self.post_message(self.Delete(self.chosen))


def recent_line(session: RecentSession, width: int) -> str:
    """One session in `width` characters."""
    if not session.readable:
        return cut(f"{session.path.name}: {session.state}", width)
    started = session.started_at.replace("T", " ")
    wide = width >= WIDE
    cells = (
        started[:16] if wide else started[5:16],
        *([session.name] if wide else []),
        _several(session.tasks, _columns(width)[-4]),
        _several(session.lanes, _columns(width)[-3]),
        length_text(session.seconds),
        session.state,
        session.fastest or "...",
    )
    return _row(cells, width)


def recent_head(width: int) -> str:
    """The names of the columns of `recent_line`."""
    names = ("started", *(["name"] if width >= WIDE else []), "tasks", "lanes", "length", "state", "fastest")
    return _row(names, width)


def recent_detail(session: RecentSession) -> str:
    """All that is known of a session, in a line."""
    if not session.readable:
        return f"{session.path}: {session.state}"
    note = f" ({session.note})" if session.note else ""
    what = f"{' '.join(session.tasks)}; {' '.join(session.lanes)}; {drawing.size(session.size).strip()}"
    return f"{session.name}{note}: {session.state}; {session.fastest or '...'}; {what}"


def length_text(seconds: float) -> str:
    """A length in one unit and the next smaller one, at most 6 characters: `45s`, `3m20s`, `2h05m`, `120h`."""
    whole = round(seconds)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    if hours > 99:
        return f"{hours}h"
    return f"{hours}h{minute:02}m" if hours else f"{minutes}m{second:02}s" if minutes else f"{second}s"


def _columns(width: int) -> tuple[int, ...]:
    """The widths of all columns but the last, which takes the rest."""
    if width < WIDE:
        return (11, 13, 13, 6, 11)
    return (16, 15, 17, 22, 6, 12) if width < WIDEST else (16, 24, 30, 30, 6, 22)


def _several(names: Sequence[str], width: int) -> str:
    """The names, as many as there is room for, and how many more there are."""
    for shown in range(len(names), 0, -1):
        more = f" +{len(names) - shown}" if shown < len(names) else ""
        text = f"{' '.join(names[:shown])}{more}"
        if len(text) <= width or shown == 1:
            return cut(names[0], width - len(more)) + more if shown == 1 else text
    return "-"


def _row(cells: Sequence[str], width: int) -> str:
    columns = (*_columns(width), max(width - sum(_columns(width)) - len(_columns(width)), 0))
    row = " ".join(f"{cut(cell, column):{column}}" for cell, column in zip(cells, columns, strict=True))
    return cut(row.rstrip(), width)


def cut(text: str, width: int) -> str:
    """`text` in at most `width` characters."""
    return text if len(text) <= width else f"{text[: max(width - 1, 0)]}…"
