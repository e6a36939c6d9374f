"""How a user wants the viewer: its colours and its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from textual.theme import Theme

from dlprof.tui.ascii_drawing import shows_ascii_only
from dlprof.tui.themes import DARK


@dataclass(frozen=True)
class Appearance:
    """`theme` is the name of one of dlprof's, Textual's, or `themes`; `keymap` has keys by the names of actions.

    `ascii_only`: whether to draw with ASCII alone.
    """

    theme: str = DARK.name
    themes: tuple[Theme, ...] = ()
    keymap: Mapping[str, str] = field(default_factory=dict)
    ascii_only: bool = field(default_factory=shows_ascii_only)
