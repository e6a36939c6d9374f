"""The footer with the keys of a screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import ActiveBinding
from textual.events import Click, MouseMove
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget


@dataclass(frozen=True)
class FooterKey:
    """A key to press or to click on; `tooltip` says more of what it does."""

    key: str
    shown: str
    what: str
    tooltip: str
    enabled: bool


class KeyFooter(Widget):
    """The keys in a line, drawn as one widget: Textual's own footer has one for each key, and makes all of them anew at
    every focus, which takes a good part of the time in which a screen opens.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key", "keys--what", "keys--disabled"}

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[FooterKey, ...] = ()

    def on_mount(self) -> None:
        """Follow what the keys of the screen are."""
        self.screen.bindings_updated_signal.subscribe(self, self._show)
        self._show(self.screen)

    def _show(self, screen: Screen[object]) -> None:
        """Show the keys that there are now, unless something is before them."""
        if screen is not self.app.screen or not self.app.app_focus:
            return
        of_actions: dict[str, ActiveBinding] = {}
        for active in screen.active_bindings.values():
            if active.binding.show:
                of_actions.setdefault(active.binding.action, active)
        keys = tuple(
            FooterKey(
                active.binding.key,
                self.app.get_key_display(active.binding),
                active.binding.description,
                active.tooltip,
                active.enabled,
            )
            for active in of_actions.values()
        )
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The keys, as many as have room whole."""
        styles = {part: self.get_component_rich_style(f"keys--{part}") for part in ("key", "what", "disabled")}
        segments: list[Segment] = []
        for place, key in enumerate(self._keys):
            meta = Style.from_meta({"place": place})
            of_key, of_what = (styles[part] if key.enabled else styles["disabled"] for part in ("key", "what"))
            said = [Segment(key.shown, of_key + meta), Segment(f" {key.what}", of_what + meta)]
            if Segment.get_line_length([*segments, *said]) > self.size.width:
                break
            segments += [*said, Segment(" ")]
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def on_click(self, event: Click) -> None:
        """As if the key were pressed."""
        if (key := self._at(event.style)) is not None:
            if key.enabled:
                self.app.simulate_key(key.key)
            else:
                self.app.bell()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Say more of the key under the mouse."""
        key = self._at(event.style)
        self.tooltip = key.tooltip if key is not None else None

    def _at(self, style: Style) -> FooterKey | None:
        place = style.meta.get("place")
        return self._keys[place] if isinstance(place, int) and place < len(self._keys) else None
