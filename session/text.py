"""Cleaning of strings that come from processes and files, before they are stored or shown."""

import re

_ESCAPE = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"  # CSI
    "|[\x1b]\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?"  # OSC
    "|\x1b[PX^_][^\x1b]*(?:\x1b\\\\)?"  # DCS, SOS, PM, APC
    "|\x1b."
)
_HIDDEN = (
    "\x00-\x1f\x7f-\x9f\ud800-\udfff"  # control characters and halves of surrogate pairs: all of Cc and Cs
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"  # bidi controls and separators of lines
)
_UNSEEN = re.compile(f"[{_HIDDEN}]")
_UNSEEN_BUT_LINES = re.compile(f"(?!\n)[{_HIDDEN}]")


def clean(text: str, limit: int = 4096, *, keep: str = "\n") -> str:
    """`text` without control sequences, control characters and bidi controls, cut at `limit` characters.

    Line ends stay where they are in `keep`; a tab becomes a space.
    """
    text = text[: 4 * limit]
    if not text.isprintable():
        text = _ESCAPE.sub("", text).replace("\t", " ")
        text = (_UNSEEN_BUT_LINES if "\n" in keep else _UNSEEN).sub("", text)
    return text[:limit]


def clean_line(text: str, limit: int = 512) -> str:
    """`text` as one line: as `clean`, with runs of white space made one space."""
    return " ".join(clean(text.replace("\n", " ").replace("\r", " "), limit, keep="").split())
