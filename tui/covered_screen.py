"""Screens that other screens cover."""

from __future__ import annotations

from textual.events import ScreenResume
from textual.screen import Screen, ScreenResultType


class CoverableScreen(Screen[ScreenResultType]):
    """A screen that rests under another whole one.

    Textual takes every screen below for one that can be seen through the top one, and paints the top one anew whenever
    something changes below it.
    """

    @property
    def is_covered(self) -> bool:
        """Whether nothing of it can be seen."""
        return self.is_attached and self.app.screen is not self and not self.app.screen.is_modal

    @property
    def is_current(self) -> bool:
        """Whether it is to be painted."""
        return super().is_current and not self.is_covered


class KeptScreen(CoverableScreen[ScreenResultType]):
    """A screen that the app keeps when it is left: what is not made anew is on the terminal at once.

    Textual finds the styles of everything on a screen that comes back anew; they depend on the theme alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self._styled_in: str | None = None

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Keep the styles where the theme is the same."""
        event.refresh_styles = self._styled_in != self.app.theme
        self._styled_in = self.app.theme
