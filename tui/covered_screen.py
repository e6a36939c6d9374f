"""Screens that other screens cover."""

from __future__ import annotations

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
