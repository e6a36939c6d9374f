"""A long text in a frame, drawn line by line: one widget, so that it is on the screen at once."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

WIDEST = 76
"""Cells of the frame, where there is room; the text has four less."""


class HelpPage(ScrollView, can_focus=True):
    """Fills the screen; the frame is in its middle, as high as its text, and says how much of that is below."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"help--text", "help--frame"}

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._text = ""
        self._lines: list[str] = []

    def show(self, text: str) -> None:
        """Show `text`, from its beginning."""
        self._text = text
        self.scroll_home(animate=False)
        self._wrap(self.size.width)
        self.refresh()

    def on_resize(self, event: Resize) -> None:
        """Other lines."""
        self._wrap(event.size.width)

    def _wrap(self, width: int) -> None:
        within = min(width, WIDEST) - 4
        if within > 0:  # else it is not on a screen yet
            self._lines = [part for line in self._text.splitlines() for part in _wrapped(line, within)]
            self.virtual_size = Size(width, len(self._lines) + 2)

    def render_line(self, y: int) -> Strip:
        """Line `y` of what is seen."""
        height, width = self.size.height, min(self.size.width, WIDEST)
        rows = min(len(self._lines) + 2, height)
        place = y - (height - rows) // 2
        if not 0 <= place < rows:
            return Strip.blank(self.size.width, self.rich_style)
        text, frame = (self.get_component_rich_style(f"help--{part}") for part in ("text", "frame"))
        if place in (0, rows - 1):
            ends, words = ("╭╮", "") if place == 0 else ("╰╯", self._more(rows - 2))
            line = [Segment(f"{ends[0]}{words.rjust(width - 2, '─')}{ends[1]}", frame)]
        else:
            shown = Strip([Segment(self._lines[place - 1 + self.scroll_offset.y], text)])
            line = [Segment("│ ", frame), *shown.adjust_cell_length(width - 4, text), Segment(" │", frame)]
        left = (self.size.width - width) // 2
        margin = [Segment(" " * left, self.rich_style)] if left else []
        return Strip([*margin, *line]).adjust_cell_length(self.size.width, self.rich_style)

    def _more(self, rows: int) -> str:
        """How many lines are below the last of the `rows` that are seen."""
        below = len(self._lines) - rows - self.scroll_offset.y
        return f" {below} lines below ─" if below > 0 else ""


def _wrapped(line: str, width: int) -> list[str]:
    return [line] if len(line) <= width else wrap(line, width, subsequent_indent="  ")
