"""The keys of a help as a user's settings have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dlprof.tui.keymap import OwnKeys

COLUMN = 10
"""Characters of a line of a help before what its keys do."""
_SHOWN = {
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "escape": "esc",
    "question_mark": "?",
    "plus": "+",
    "minus": "-",
    "comma": ",",
    "full_stop": ".",
    "slash": "/",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}


def own_keys_text(changed: Sequence[OwnKeys]) -> str:
    """A list of them, with an empty line after it; empty where there are none."""
    lines = [f"{' '.join(_shown(own.keys)):9} {own.words}" for own in changed]
    return "\n".join(("YOUR KEYS", *lines, "", "")) if lines else ""


def with_own_keys(text: str, changed: Sequence[OwnKeys]) -> str:
    """A help's `text`, the keys of its part KEYS as they are."""
    lines, in_keys = [], False
    for line in text.split("\n"):
        in_keys = line == "KEYS" or (in_keys and bool(line))
        lines.append(_with_own(line, changed) if in_keys else line)
    return "\n".join(lines)


def _with_own(line: str, changed: Sequence[OwnKeys]) -> str:
    keys: list[str] = []
    for key in line[:COLUMN].split():
        own = next((own for own in changed if key in _shown(own.usual)), None)
        keys += [key] if own is None else [each for each in _shown(own.keys) if each not in keys]
    return line if keys == line[:COLUMN].split() else f"{' '.join(keys):9} {line[COLUMN:]}"


def _shown(keys: Iterable[str]) -> list[str]:
    return [_SHOWN.get(key, key) for key in keys]
