"""The Textual app."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.color import Color
from textual.events import Resize
from textual.filter import LineFilter
from textual.geometry import Size
from textual.screen import Screen

from dlprof.session.errors import SessionError
from dlprof.session.text import clean
from dlprof.tui.appearance import Appearance
from dlprof.tui.ascii_drawing import AsciiFilter
from dlprof.tui.compare_feed import Sides
from dlprof.tui.compare_screen import CompareScreen
from dlprof.tui.contracts import CannotStart, Opening, Recording, Setup
from dlprof.tui.ending import end_on_sigterm
from dlprof.tui.feed import Feed
from dlprof.tui.help_screen import HELP_SCREEN, HelpScreen
from dlprof.tui.keymap import action_names
from dlprof.tui.session_screen import SessionScreen
from dlprof.tui.setup_screen import SetupScreen
from dlprof.tui.small_terminal import SmallTerminal, is_too_small
from dlprof.tui.stacks_screen import STACKS_SCREEN, StacksScreen
from dlprof.tui.themes import HIGH_CONTRAST, HIGH_CONTRAST_NAMED, OWN_THEMES


def default_refresh_hz() -> float:
    """2 over SSH, 4 otherwise."""
    return 2.0 if "SSH_CONNECTION" in os.environ else 4.0


Opened = tuple[Feed, Recording | None]
"""A session to look at, and what writes it, where this viewer can stop it."""


def finished(path: Path) -> Opened:
    """A session that nobody writes."""
    return Feed(path, lambda: False), None


class ControlFilter(LineFilter):
    """Nothing that a session or a process says reaches the terminal as a control sequence."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """`segments` without control characters."""
        return [
            segment
            if segment.text.isprintable()
            else Segment(clean(segment.text, 65536, keep=""), segment.style or Style())
            for segment in segments
        ]


class DlprofApp(App[int]):
    """Set-up and live session, or one session to look at."""

    CSS_PATH = "app.tcss"
    TITLE = "dlprof"
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        start: Setup | Feed | Sides,
        refresh_hz: float | None = None,
        appearance: Appearance | None = None,
        recording: Recording | None = None,
        opened: Callable[[Path], Opened] = finished,
    ) -> None:
        """`recording`: what writes the session to look at, where this viewer can stop it.

        `opened`: another session to look at; raises SessionError where there is none.
        """
        self._appearance = appearance or Appearance()
        # The same ones each time: Textual remembers by filter what a line becomes.
        self._own_filters = [ControlFilter(), *([AsciiFilter()] if self._appearance.ascii_only else [])]
        # Without colours Textual paints in shades of grey, some of which nobody can read, unless told to leave colour
        # to the terminal: then there is none.
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        self._start, self._recording, self._opened = start, recording, opened
        self.recorded: Path | None = None
        """The session of the recording that was started here."""
        self._hz = refresh_hz or default_refresh_hz()
        for theme in (*OWN_THEMES, *self._appearance.themes):
            self.register_theme(theme)
        self.theme = self._appearance.theme
        self.set_keymap(self._appearance.keymap)
        self.install_screen(HelpScreen(), HELP_SCREEN)
        self.install_screen(StacksScreen(self._hz), STACKS_SCREEN)

    @property
    def ansi_theme(self) -> TerminalTheme:
        """What colours with a name are in the theme."""
        return HIGH_CONTRAST_NAMED if self.theme == HIGH_CONTRAST.name else super().ansi_theme

    def get_line_filters(self) -> list[LineFilter]:
        """Textual's filters and our own."""
        return [*super().get_line_filters(), *self._own_filters]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the command palette offers: every action of `screen` that is possible now, then Textual's own."""
        offered = [
            active
            for active in screen.active_bindings.values()
            if active.enabled and active.binding.description and active.binding.id in action_names()
        ]
        keys: dict[str | None, list[str]] = {}
        for active in offered:
            keys.setdefault(active.binding.id, []).append(self._own_key(active.binding))
        for active in {active.binding.id: active for active in reversed(offered)}.values():
            binding = active.binding
            run = partial(self.run_action, binding.action, active.node)
            named = f"{binding.tooltip or binding.description} ({' '.join(keys[binding.id])})"
            yield SystemCommand(named, "", run)
        yield from (own for own in super().get_system_commands(screen) if own.callback != self.action_quit)

    def _own_key(self, binding: Binding) -> str:
        """The one key of `binding`; in the footer it may stand for several actions that belong together."""
        return self.get_key_display(replace(binding, key_display=None))

    def on_mount(self) -> None:
        """Show the first screen; end when told to.

        SIGHUP ends it as it does any program: the terminal is gone, and one that had stalled before would hold up
        whatever were still to be drawn, for ever.
        """
        with suppress(ValueError):  # not in the main thread
            end_on_sigterm(self.exit)
        if isinstance(self._start, Feed):
            self._show_first(SessionScreen(self._start, self._hz, self._recording))
        elif isinstance(self._start, Sides):
            self._show_first(CompareScreen(self._start))
        else:
            self.push_screen(SetupScreen(self._start))
        self._fit(self.size)

    def on_resize(self, event: Resize) -> None:
        """Too small, or no longer."""
        if len(self.screen_stack) > 1:  # the first of them is Textual's own
            self._fit(event.size)

    def _fit(self, size: Size) -> None:
        covered = isinstance(self.screen, SmallTerminal)
        if is_too_small(size) and not covered:
            self.push_screen(SmallTerminal())
        elif covered and not is_too_small(size):
            self.pop_screen()

    def _show_first(self, screen: Screen[None]) -> None:
        """Show a screen whose end is that of the app."""
        self.push_screen(screen, lambda _: self.exit())

    async def action_quit(self) -> None:
        """Quit; of a recording that goes on, ask what becomes of it first, whatever screen lies above its own."""
        session = next((screen for screen in self.screen_stack if isinstance(screen, SessionScreen)), None)
        if session is None or not session.can_stop:
            await super().action_quit()
            return
        while self.screen is not session:
            await self.pop_screen()
        session.action_leave()

    def on_setup_screen_start(self, message: SetupScreen.Start) -> None:
        """Start the recorder and look at its session."""
        assert isinstance(self._start, Setup)
        try:
            recording = self._start.start(message.choice)
        except CannotStart as error:
            self.notify(str(error), severity="error", timeout=20, markup=False)
            return
        self.recorded = recording.path
        feed = Feed(recording.path, recording.is_recording, recording.failure)
        self._show_first(SessionScreen(feed, self._hz, recording))

    def on_setup_screen_open(self, message: SetupScreen.Open) -> None:
        """Look at a session."""
        self._open(message.path, None)

    def on_setup_screen_compare(self, message: SetupScreen.Compare) -> None:
        """Compare sessions."""
        self.push_screen(CompareScreen(message.sides))

    def on_compare_screen_open(self, message: CompareScreen.Open) -> None:
        """Look at a run of a session that is compared."""
        self._open(message.opening.path, message.opening)

    def _open(self, path: Path, opening: Opening | None) -> None:
        try:
            feed, recording = self._opened(path)
        except SessionError as error:
            self.notify(str(error), severity="error", timeout=20, markup=False)
            return
        self.push_screen(SessionScreen(feed, self._hz, recording, opening=opening))
