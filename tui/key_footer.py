"""The footer with the keys of a screen."""

from __future__ import annotations

from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Footer


class KeyFooter(Footer):
    """Is made anew only where its keys change, and not while its screen is covered: Textual's own is at every focus."""

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._keys: list[tuple[Binding, bool]] | None = None

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Show the keys that there are now."""
        if screen is not self.app.screen or not self.app.app_focus:
            return
        keys = [(active.binding, active.enabled) for active in screen.active_bindings.values() if active.binding.show]
        if keys != self._keys:
            self._keys = keys
            super().bindings_changed(screen)
