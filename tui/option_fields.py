"""One line for each option: what is not set shows its default, arrows and clicks go through what is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Click
from textual.widgets import Input, Static

from dlprof.tui.contracts import OptionChoice
from dlprof.tui.keymap import named

ARROWS = "‹ ›"


class OptionInput(Input):
    """The value of one option; empty is its default."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "options",
        Binding("left", "offer(-1)", "Value before", show=False),
        Binding("right", "offer(1)", "Value", key_display="← →", tooltip="The next value that is offered"),
        Binding("up", "app.focus_previous", "Field before", show=False),
        Binding("down", "app.focus_next", "Next field", show=False),
    )

    def __init__(self, option: OptionChoice, value: str) -> None:
        super().__init__(
            "" if value == option.default else value,
            id=option.name,
            placeholder=option.default,
            compact=True,
            select_on_focus=False,
        )
        self.option = option
        self.cursor_blink = False  # nothing is sent while nothing changes

    def action_offer(self, by: int) -> None:
        """Show the value `by` places on; where another one stands, which was typed, the cursor moves instead."""
        offered, shown = self.option.offered, self.value or self.option.default
        if shown in offered:
            self.offer(by)
        elif by < 0:
            self.action_cursor_left()
        else:
            self.action_cursor_right()

    def offer(self, by: int) -> None:
        """Show the value `by` places on, or the default in place of one that was typed."""
        offered, shown = self.option.offered, self.value or self.option.default
        if not offered:
            return
        value = offered[(offered.index(shown) + by) % len(offered)] if shown in offered else self.option.default
        self.value = "" if value == self.option.default else value
        self.cursor_position = len(self.value)


class OptionFields(VerticalScroll, can_focus=False):
    """All options, one under the other; a mark stands before one that cannot be understood."""

    def __init__(
        self,
        options: Iterable[OptionChoice],
        values: Mapping[str, str],
        problem: Callable[[str, str], str | None],
        *,
        id: str,
    ) -> None:
        """`values` by name, of those that are set; `problem` says why a text of an option, by name, is no value."""
        super().__init__(id=id)
        self._inputs = [OptionInput(option, values.get(option.name, "")) for option in options]
        self._problem = problem

    def compose(self) -> ComposeResult:
        """Names, values, and arrows where values are offered."""
        arrows = (ARROWS if field.option.offered else "" for field in self._inputs)
        with Horizontal():
            yield Static(self._names(), id="option-names")
            yield Vertical(*self._inputs, id="option-values")
            yield Static("\n".join(arrows), id="option-arrows", markup=False)

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self._inputs)

    @property
    def values(self) -> dict[str, str]:
        """What is set, by name."""
        texts = ((field.option.name, field.value.strip()) for field in self._inputs)
        return {name: text for name, text in texts if text}

    @property
    def problems(self) -> dict[str, str]:
        """Why what is set is no value, by name, where it is none."""
        found = ((name, self._problem(name, text)) for name, text in self.values.items())
        return {name: problem for name, problem in found if problem is not None}

    def _names(self) -> Text:
        problems = self.problems
        lines = (f"{'!' if field.option.name in problems else ' '} {field.option.label}" for field in self._inputs)
        return Text("\n".join(lines))

    def on_input_changed(self) -> None:
        """Mark what cannot be understood."""
        self.query_one("#option-names", Static).update(self._names())

    def on_click(self, event: Click) -> None:
        """A click on a name goes to its value, one on an arrow changes it."""
        part = event.widget
        if part is None or part.id not in ("option-names", "option-arrows") or event.y >= len(self._inputs):
            return
        field = self._inputs[event.y]
        field.focus()
        if part.id == "option-arrows":
            field.offer(-1 if event.x < len(ARROWS) // 2 else 1)
