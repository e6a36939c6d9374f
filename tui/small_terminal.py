"""What stands on a terminal that is too small for anything else."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

LEAST = Size(80, 24)


def is_too_small(size: Size) -> bool:
    """Whether the screens are cut off there."""
    return size.width < LEAST.width or size.height < LEAST.height


class SmallTerminal(Screen[None]):
    """Says which size is needed, over all other screens, until there is room."""

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static(id="small-terminal", markup=False)

    def on_resize(self) -> None:
        """Another size, perhaps still too small."""
        has, needed = self.app.size, LEAST
        words = (
            f"{has.width}x{has.height}: dlprof needs {needed.width}x{needed.height}; make it larger, or ctrl+q quits"
        )
        self.query_one("#small-terminal", Static).update(words)
