"""How a user wants the viewer: its colours and its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from textual.theme import Theme

from dlprof.tui.themes import DARK


@dataclass(frozen=True)
class Appearance:
    """`theme` is the name of one of dlprof's, Textual's, or `themes`; `keymap` has keys by the names of actions."""

    theme: str = DARK.name
    themes: tuple[Theme, ...] = ()
    keymap: Mapping[str, str] = field(default_factory=dict)
