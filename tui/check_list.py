"""Lists whose state can be read without colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from dlprof.tui.keymap import named


class MarkedList(OptionList):
    """Marks the row that the next key acts on; a row is one line, cut where it is too long."""

    def __init__(self, *lines: str, id: str) -> None:
        self._lines_shown: list[str] = list(lines)
        self._marked_row: int | None = None
        super().__init__(*self._options_shown(), id=id, compact=True)

    def set_lines(self, lines: Sequence[str]) -> None:
        """Show other rows; the place of the highlighted one stays."""
        at = self.highlighted or 0
        self._lines_shown, self._marked_row = list(lines), None
        self.set_options(self._options_shown())
        if lines:
            self.highlighted = min(at, len(lines) - 1)
        self._draw(focused=self.has_focus)

    def _options_shown(self) -> list[Option]:
        return [Option(Text(self._prompt(index))) for index in range(len(self._lines_shown))]

    def _prompt(self, index: int, *, marked: bool = False) -> str:
        return f"{'›' if marked else ' '} {self._lines_shown[index]}"

    def _draw(self, *, focused: bool) -> None:
        before, self._marked_row = self._marked_row, self.highlighted if focused else None
        for index in dict.fromkeys((before, self._marked_row)):
            if index is not None:
                self._draw_row(index)

    def _draw_row(self, index: int) -> None:
        prompt = Text(self._prompt(index, marked=index == self._marked_row))
        self.replace_option_prompt_at_index(index, prompt)

    def on_option_list_option_highlighted(self) -> None:
        """Another row."""
        self._draw(focused=self.has_focus)

    def on_focus(self) -> None:
        """The mark appears."""
        self._draw(focused=True)

    def on_blur(self) -> None:
        """The mark goes."""
        self._draw(focused=False)


class CheckList(MarkedList):
    """Space chooses; Enter is left to the screen, where it starts. What cannot be chosen has no box."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "choices",
        Binding("space", "select", "Choose"),
        Binding("enter", "screen.start", "Start", key_display="enter"),
    )

    class Changed(Message):
        """Something was chosen, or no longer is."""

    def __init__(self, *rows: tuple[str, str, bool], chosen: tuple[str, ...], id: str) -> None:
        """`rows` are (value, line, whether it can be chosen); `chosen` are values."""
        self._values = [value for value, _, _ in rows]
        self._possible = {value for value, _, possible in rows if possible}
        self._chosen = {value for value in self._possible if value in chosen}
        super().__init__(*(line for _, line, _ in rows), id=id)
        for index, (_, _, possible) in enumerate(rows):
            if not possible:
                self.disable_option_at_index(index)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The values that are chosen, in the order of the rows."""
        return tuple(value for value in self._values if value in self._chosen)

    def _prompt(self, index: int, *, marked: bool = False) -> str:
        value = self._values[index]
        box = "[x]" if value in self._chosen else "[ ]" if value in self._possible else "   "
        return f"{'›' if marked else ' '} {box} {self._lines_shown[index]}"

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose the row, or no longer."""
        event.stop()
        self._chosen ^= {self._values[event.option_index]}
        self._draw_row(event.option_index)
        self.post_message(self.Changed())
