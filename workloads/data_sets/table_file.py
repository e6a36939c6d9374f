"""A CSV of texts and labels."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dlprof.workloads.data_sets.found import Found, Part, Unusable

TEXT_COLUMNS, LABEL_COLUMNS = ("text", "texts"), ("labels", "label")
SEPARATOR = ";"
"""Between the labels of one text."""
_EXPECTED = "a CSV in UTF-8 whose first line names the columns, text and labels (several labels of a text: a;b)"
_LONGEST_FIELD = 1 << 24


def read(path: Path) -> Found:
    """Texts, and for each the tuple of its labels.

    Raises:
        Unusable: it is no such file; with the line where that is known.
    """
    rows = list(_rows(path))
    if not rows:
        raise Unusable(f"{path}: has no row below its first line; expected {_EXPECTED}")
    texts, labels = (np.empty(len(rows), dtype=object) for _ in range(2))
    for number, (text, of_text) in enumerate(rows):
        texts[number], labels[number] = text, of_text
    return Found(Part(texts, labels, str(path)), None, (path,))


def _rows(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            names = [name.strip().lower() for name in next(lines, [])]
            text, labels = (_column(path, names, offered) for offered in (TEXT_COLUMNS, LABEL_COLUMNS))
            for row in lines:
                if row:
                    yield _row(path, lines.line_num, row, len(names), text, labels)
    except UnicodeDecodeError as error:
        raise Unusable(f"{path}: line {_first_not_utf8(path):,} is not UTF-8; expected {_EXPECTED}") from error
    except (OSError, csv.Error) as error:
        raise Unusable(f"{path}: cannot be read ({error}); expected {_EXPECTED}") from error


def _first_not_utf8(path: Path) -> int:
    """The number of the first line that cannot be decoded."""
    with path.open("rb") as file:
        return next((number for number, line in enumerate(file, 1) if not _is_utf8(line)), 1)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _column(path: Path, names: list[str], offered: tuple[str, ...]) -> int:
    for number, name in enumerate(names):
        if name in offered:
            return number
    held = ", ".join(names[:10]) or "none"
    raise Unusable(f"{path}: has no column {offered[0]} (its columns: {held}); expected {_EXPECTED}")


def _row(path: Path, line: int, row: list[str], columns: int, text: int, labels: int) -> tuple[str, tuple[str, ...]]:
    if len(row) != columns:
        raise Unusable(f"{path}: line {line:,} has {len(row)} fields, the first line {columns}; expected {_EXPECTED}")
    return row[text], tuple(label.strip() for label in row[labels].split(SEPARATOR) if label.strip())
