"""The user's settings: a TOML file that says how the viewer looks and which keys it obeys."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from platformdirs import user_config_path

from dlprof.arguments import Misuse
from dlprof.tui.appearance import Appearance
from dlprof.tui.ascii_drawing import shows_ascii_only
from dlprof.tui.keymap import checked_keymap
from dlprof.tui.nearest import nearest
from dlprof.tui.themes import described_theme, theme_names

LARGEST_BYTES = 1 << 20
_THEMES = "dark, light, high-contrast, your own, and those that ctrl+p, Theme lists"
ENTRIES = ("theme", "themes", "keys", "ascii")


def settings_file() -> Path:
    """Where it is: in XDG_CONFIG_HOME, or what stands for that on this system."""
    return user_config_path("dlprof") / "config.toml"


def appearance(path: Path, theme: str | None) -> Appearance:
    """What the settings at `path` say, if there are any; `theme` is the one that was asked for on the command line.

    Raises:
        Misuse: something in the file cannot be understood, or there is no such theme; says where.
    """
    said = _read(path)
    try:
        _refuse_unknown(said)
        themes = tuple(
            described_theme(name, _table(f"themes.{name}", colours))
            for name, colours in _table("themes", said.get("themes", {})).items()
        )
        keymap = checked_keymap(dict(_flat("", _table("keys", said.get("keys", {})))))
        ascii_only = said.get("ascii", shows_ascii_only())
        if not isinstance(ascii_only, bool):
            raise ValueError(f"ascii: {ascii_only!r} is neither true nor false")
    except ValueError as error:
        raise Misuse(f"{path}: {error}") from error
    wanted, where = (theme, "--theme") if theme is not None else (said.get("theme", "dark"), f"{path}: theme")
    if wanted not in (names := theme_names(themes)):
        raise Misuse(f"{where}: there is no theme {wanted!r}; {nearest(wanted, names, _THEMES)}")
    return Appearance(str(wanted), themes, keymap, ascii_only)


def _read(path: Path) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(LARGEST_BYTES).decode())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Misuse(f"{path} is no TOML: {error}") from error


def _refuse_unknown(said: Mapping[str, object]) -> None:
    for key in said:
        if key not in ENTRIES:
            raise ValueError(f"{key}: not known; there are: {', '.join(ENTRIES)}")


def _table(where: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: expected a table, as after [{where}]")
    return value


def _flat(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Each entry with its whole name: TOML makes a table of the part before a dot."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", value
