"""Lines of text for a terminal: columns that never touch, and words that wrap where a line would be too long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import wrap

NARROWEST = 40
"""What is asked to fit into less is made for this."""
_PARTS = re.compile(r"(?<=[:@])(?=\S)")
_MADE_SPACE = re.compile(r"(?<=[:@]) ")
_NAME = 16
"""A name above a column is broken into lines of so many characters, or of the figures below it."""


def columns(rows: Sequence[Sequence[str]], align: str, gap: int = 2) -> list[str]:
    """Each row as a line: a column is as wide as its widest cell, and `gap` spaces lie between two.

    `align` has a `<` or `>` for each column; the last one holds for all columns beyond.
    """
    if not rows:
        return []
    sides = [align[min(place, len(align) - 1)] for place in range(len(rows[0]))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        (" " * gap).join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)).rstrip()
        for row in rows
    ]


def wrapped(text: str, width: int, indent: str = "", further: str | None = None) -> list[str]:
    """`text`, one clean line, in lines of at most `width`; the first begins with `indent`, others with `further`.

    A word that is longer, such as a path, stays whole, so that it can be copied.
    """
    later = indent if further is None else further
    lines = wrap(
        text,
        max(width, NARROWEST),
        initial_indent=indent,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [indent.rstrip()]


def side_by_side(
    labels: Sequence[str], named: Sequence[tuple[str, Sequence[str]]], width: int, gap: int = 2
) -> Iterator[str]:
    """A table with a column for each of `named`, as many side by side as fit into `width`; the others below.

    `labels` begin the rows of each. A long name stands above its column in as many lines as it needs.
    """
    own = max(map(len, labels), default=0)
    taken, block = own, list[list[str]]()
    for name, cells in named:
        heads = _head(name, max(_NAME, *map(len, cells), 1))
        needed = gap + max(map(len, (*heads, *cells)))
        if block and taken + needed > max(width, NARROWEST):
            yield from _block(labels, block, gap)
            block, taken = [], own
        block.append([*heads, *cells])
        taken += needed
    yield from _block(labels, block, gap)


def _head(name: str, width: int) -> list[str]:
    """A lane's name in lines of at most `width`, broken before its backend or mode where that will do."""
    lines = wrap(_PARTS.sub(" ", name), width)
    return [_MADE_SPACE.sub("", line) for line in lines]


def _block(labels: Sequence[str], block: Sequence[Sequence[str]], gap: int) -> list[str]:
    height = max(map(len, block), default=0)
    cells = [[""] * (height - len(column)) + [*column] for column in ([*labels], *block)]
    return columns([*zip(*cells, strict=True)], "<>", gap)
