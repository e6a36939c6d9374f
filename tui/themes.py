"""Colours: dlprof's own themes beside Textual's, and those that a user describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from rich.terminal_theme import TerminalTheme
from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

DARK = replace(BUILTIN_THEMES["textual-dark"], name="dark")
_LIGHT = BUILTIN_THEMES["textual-light"]
LIGHT = replace(
    _LIGHT,
    name="light",
    variables={**_LIGHT.variables, "footer-key-foreground": "#005a9e", "text-disabled": "#606060"},
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#00ffff",
    secondary="#ffff00",
    accent="#ffff00",
    warning="#ffff00",
    error="#ff8080",
    success="#80ff80",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    text_alpha=1.0,
    variables=dict.fromkeys(("text-muted", "text-disabled", "footer-description-foreground"), "#ffffff"),
)
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_CLEAR = [
    *(_BLACK, (255, 140, 140), (120, 255, 120), (255, 255, 0)),
    *((140, 190, 255), (255, 150, 255), (0, 255, 255), _WHITE),
]
HIGH_CONTRAST_NAMED = TerminalTheme(_BLACK, _WHITE, _CLEAR, _CLEAR)
"""What colours with a name are in HIGH_CONTRAST: black, red, green, yellow, blue, magenta, cyan, white."""
OWN_THEMES = (DARK, LIGHT, HIGH_CONTRAST)
_COLOURS = tuple(
    field.name
    for field in fields(Theme)
    if field.name not in ("name", "dark", "variables", "ansi") and "_" not in field.name
)


def theme_names(described: tuple[Theme, ...] = ()) -> tuple[str, ...]:
    """All themes there are: dlprof's, the user's, Textual's."""
    return tuple(dict.fromkeys((*(theme.name for theme in (*OWN_THEMES, *described)), *BUILTIN_THEMES)))


def described_theme(name: str, table: Mapping[str, object]) -> Theme:
    """The theme that a user's settings describe: colours by their names, `primary` among them, and `dark`.

    Raises:
        ValueError: something in `table` is none of that; says where.
    """
    for key, value in table.items():
        if key == "dark" and isinstance(value, bool):
            continue
        if key not in _COLOURS:
            raise ValueError(f"themes.{name}.{key}: not known; there are: {', '.join(_COLOURS)}, dark (true or false)")
        if not isinstance(value, str) or not _is_colour(value):
            raise ValueError(f'themes.{name}.{key}: {value!r} is no colour, such as "#ff8800" or "red"')
    if "primary" not in table:
        raise ValueError(f"themes.{name}: has no primary, the one colour that a theme needs")
    colours: dict[str, Any] = {key: value for key, value in table.items() if key in _COLOURS}
    return Theme(name=name, dark=bool(table.get("dark", True)), **colours)


def _is_colour(text: str) -> bool:
    try:
        Color.parse(text)
    except ColorParseError:
        return False
    return True
