"""One run of a comparison, drawn."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual.app import RenderResult
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from dlprof.tui.compare_drawing import Glyphs, Scale, run_lines
from dlprof.tui.compare_views import RunView


@dataclass(frozen=True)
class ShownRun:
    """A run, the scale of its intervals, and whether only the rows that changed are shown."""

    run: RunView
    scale: Scale
    changed_only: bool


class RunTable(Widget):
    """Draws a `ShownRun`, as high as it gets in the width that there is."""

    shown: reactive[ShownRun | None] = reactive(None, layout=True)

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines."""
        return len(self._lines(width))

    def render(self) -> RenderResult:
        """The run in the widget's width."""
        return Text("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Text]:
        shown = self.shown
        if shown is None:
            return []
        return run_lines(shown.run, shown.scale, width, self._glyphs, changed_only=shown.changed_only)
