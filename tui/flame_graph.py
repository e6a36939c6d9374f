"""A flame of calls, drawn from its top down, with one call chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from dlprof.session.call_tree import Call, Path
from dlprof.tui.keymap import named
from dlprof.tui.stack_drawing import Box, box_text, flame_rows

_PACKAGES = 4
"""So many styles there are for the packages that functions belong to."""


@dataclass(frozen=True)
class Flame:
    """What to draw: a call over the whole width, which of those below is chosen, and what is searched for."""

    top: Call
    chosen: Path
    found: frozenset[Path]


class FlameGraph(Widget, can_focus=True):
    """Draws a `Flame`, scrolled so that the chosen call is seen; arrows choose another."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "flame",
        Binding("left", "beside(-1)", "Beside", show=False),
        Binding("right", "beside(1)", "Beside", show=False),
        Binding("up", "deeper(-1)", "Caller", show=False),
        Binding("down", "deeper(1)", "Called", show=False),
        Binding("enter", "widen", "Widen", show=False, tooltip="Make the chosen call the flame's top"),
        Binding("backspace", "widen_caller", "Caller of the top", show=False),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {"flame--chosen", *(f"flame--package-{n}" for n in range(_PACKAGES))}
    flame: reactive[Flame | None] = reactive(None)

    class Chosen(Message):
        """Another call."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    class Widened(Message):
        """Another call becomes the top."""

        def __init__(self, top: Path) -> None:
            super().__init__()
            self.top = top

    def render(self) -> RenderResult:
        """As many rows as there is room for, the chosen call among them."""
        flame = self.flame
        if flame is None:
            return Text("")
        rows = self._rows()
        first = self._first_row(rows)
        shown = rows[first : first + self.size.height]
        return Text("\n").join(self._line(row, flame) for row in shown)

    def _rows(self) -> tuple[tuple[Box, ...], ...]:
        return flame_rows(self.flame.top, self.size.width) if self.flame is not None else ()

    def _first_row(self, rows: tuple[tuple[Box, ...], ...]) -> int:
        assert self.flame is not None
        depth = len(self.flame.chosen) - len(self.flame.top.path)
        height = self.size.height
        return max(0, min(depth - height // 2, len(rows) - height))

    def action_beside(self, direction: int) -> None:
        """The next call in the same row, or the one before."""
        row = self._row_of_chosen()
        places = [place for place, box in enumerate(row) if self.flame and box.call.path == self.flame.chosen]
        if places and 0 <= places[0] + direction < len(row):
            self.post_message(self.Chosen(row[places[0] + direction].call.path))

    def action_deeper(self, direction: int) -> None:
        """What the chosen call called for the longest, or what called it."""
        if self.flame is None:
            return
        chosen = self.flame.top.at(self.flame.chosen)
        if direction < 0 and len(self.flame.chosen) > len(self.flame.top.path):
            self.post_message(self.Chosen(self.flame.chosen[:-1]))
        elif direction > 0 and chosen is not None and chosen.calls and chosen.calls[0].ns:
            self.post_message(self.Chosen(chosen.calls[0].path))

    def action_widen(self) -> None:
        """The chosen call becomes the top."""
        if self.flame is not None:
            self.post_message(self.Widened(self.flame.chosen))

    def action_widen_caller(self) -> None:
        """What called the top becomes the top."""
        if self.flame is not None:
            self.post_message(self.Widened(self.flame.top.path[:-1]))

    def on_click(self, event: Click) -> None:
        """Choose what was clicked."""
        rows = self._rows()
        place = self._first_row(rows) + event.y if rows else 0
        for box in rows[place] if place < len(rows) else ():
            if box.column <= event.x < box.column + box.width:
                self.post_message(self.Chosen(box.call.path))

    def _row_of_chosen(self) -> tuple[Box, ...]:
        if self.flame is None:
            return ()
        rows, depth = self._rows(), len(self.flame.chosen) - len(self.flame.top.path)
        return rows[depth] if 0 <= depth < len(rows) else ()

    def _line(self, row: tuple[Box, ...], flame: Flame) -> Text:
        line, end = Text(no_wrap=True), 0
        for box in row:
            line.append(" " * (box.column - end))
            line.append(box_text(box.call.name, box.width, found=box.call.path in flame.found), self._style(box, flame))
            end = box.column + box.width
        return line

    def _style(self, box: Box, flame: Flame) -> Style:
        """One for each package: the first folder of the file, which every machine has in common."""
        if box.call.path == flame.chosen:
            return self.get_component_rich_style("flame--chosen")
        package = box.call.file.lstrip("/").partition("/")[0].encode("utf-8", "replace")
        return self.get_component_rich_style(f"flame--package-{sum(package) % _PACKAGES}")
