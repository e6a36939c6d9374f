"""Cleaning of strings that come from processes and files, before they are stored or shown."""

import re
import unicodedata

_ESCAPE = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"  # CSI
    "|[\x1b]\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?"  # OSC
    "|\x1b[PX^_][^\x1b]*(?:\x1b\\\\)?"  # DCS, SOS, PM, APC
    "|\x1b."
)
_HIDDEN = frozenset("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str, limit: int = 4096, *, keep: str = "\n") -> str:
    """`text` without control sequences, control characters and bidi controls, cut at `limit` characters.

    Characters in `keep` stay; a tab becomes a space.
    """
    text = _ESCAPE.sub("", text[: 4 * limit]).replace("\t", " ")
    kept = (c for c in text if c in keep or not (c in _HIDDEN or unicodedata.category(c) in ("Cc", "Cs")))
    return "".join(kept)[:limit]


def clean_line(text: str, limit: int = 512) -> str:
    """`text` as one line: as `clean`, with runs of white space made one space."""
    return " ".join(clean(text.replace("\n", " ").replace("\r", " "), limit, keep="").split())
