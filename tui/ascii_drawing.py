"""Drawing for terminals that show ASCII alone: each other character becomes one of the same width that looks alike."""

from __future__ import annotations

import locale
import os
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

BARE_TERMINALS = ("linux", "vt100", "vt102", "vt220", "ansi", "cons25")
"""Values of TERM without the characters that plots and bars are made of, whatever the locale says."""
_BRAILLE = range(0x2800, 0x2900)
_HEIGHTS = " ..::||##"
"""By how many of a character's eight dots are set."""
_ALIKE = {
    **dict(zip("▒█▓▚░", "=#%x.", strict=True)),  # phases: each differs from the others
    **dict(zip("✗■▶●▲◂▸‹›…±", "x=>o^<><>>~", strict=True)),
    **dict(zip("←→↑↓│┃─━├┤┼┬┴", "<>^v||--[]+++", strict=True)),
    **dict.fromkeys("╭╮╰╯┌┐└┘╔╗╚╝", "+"),
    **dict.fromkeys("▔▁▀▄═", "-"),
    **dict.fromkeys("▊▎▌▐▕▏▍▋▉║", "|"),
    **dict.fromkeys("▂▃▅▆▇", "="),
    "•": "*",
    "⭘": "o",
}


def shows_ascii_only(environment: Mapping[str, str] = os.environ, encoding: str | None = None) -> bool:
    """Whether the terminal, as far as its name and the locale tell, shows no more than ASCII.

    Where LANG is C, Python sets LC_CTYPE to C.UTF-8 for itself (PEP 538), which says nothing of the terminal.
    """
    if environment.get("TERM", "") in BARE_TERMINALS:
        return True
    chosen = environment.get("LC_ALL") or environment.get("LC_CTYPE") or ""
    if chosen in ("", "C.UTF-8") and not environment.get("LC_ALL") and environment.get("LANG") in ("C", "POSIX"):
        return True
    return "utf" not in (encoding or locale.getencoding()).lower()


class AsciiFilter(LineFilter):
    """What reaches the terminal is ASCII, cell by cell where it was."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """`segments` in ASCII."""
        return [
            segment if segment.text.isascii() else Segment(in_ascii(segment.text), segment.style or Style())
            for segment in segments
        ]


def in_ascii(text: str) -> str:
    """`text` in ASCII, as wide as it was."""
    return "".join(character if character.isascii() else _alike(character) for character in text)


@lru_cache(4096)
def _alike(character: str) -> str:
    if ord(character) in _BRAILLE:
        return _HEIGHTS[(ord(character) - _BRAILLE.start).bit_count()]
    if character in _ALIKE:
        return _ALIKE[character]
    base = unicodedata.normalize("NFKD", character)[0]
    width = cell_len(character)
    return base if base.isascii() and base.isprintable() and width == 1 else "?" * width
