"""What somebody may have meant who wrote a word that is not known."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

FEW = 5
"""So many are all listed."""


def nearest(word: object, known: Sequence[str], where: str) -> str:
    """What to write in place of `word`: what of `known` is near, and `where` all are; all, where they are few."""
    if len(known) <= FEW:
        return f"there are: {', '.join(known)}"
    close = get_close_matches(str(word)[:200], known, n=2)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    return f"{meant}{len(known)} are known: {where}"
