"""Rows of a session file as records, each value of the type that its record wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dlprof.session.history import STEP_COLUMNS
from dlprof.session.records import LARGEST
from dlprof.session.text import clean_line

_OPTIONAL = ("data_ns", "forward_ns", "backward_ns", "optimizer_ns")
_LOSS = STEP_COLUMNS.index("loss")
_LARGEST_LOSS = 1e300
"""Sums of larger ones are infinite."""

Kind = TypeVar("Kind")


@contextmanager
def reading(table: str, column: str) -> Iterator[None]:
    """Whatever ValueError is raised meanwhile says where in the file it comes from."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"table {table}, {column}: {error}") from error


def record(table: str, kind: Callable[..., Kind], row: Sequence[Any]) -> Kind:
    """`row` of `table`, in the order of the fields of the dataclass `kind`, as such a record.

    Raises:
        ValueError: a value is of another type than its field, or beyond all measure.
    """
    values = []
    for (name, read), value in zip(_readers(kind), row, strict=True):
        try:
            values.append(read(value))
        except ValueError as error:
            raise ValueError(f"table {table}, {name}: {error}") from error
    return kind(*values)


def check_steps(values: NDArray[np.float64]) -> None:
    """Check steps, shape (steps, len(STEP_COLUMNS)), NaN for NULL. A loss that is beyond all sums becomes infinite.

    Raises:
        ValueError: a value is missing where it may not, is not whole, or is beyond all measure.
    """
    for name, column in zip(STEP_COLUMNS, values.T, strict=True):
        missing = np.isnan(column) if name in _OPTIONAL else False
        if name != "loss" and not (missing | ((np.abs(column) < LARGEST) & (np.floor(column) == column))).all():
            raise ValueError(f"table step, {name}: a number that is missing, not whole, or too large")
    loss = values[:, _LOSS]
    loss[np.abs(loss) > _LARGEST_LOSS] = np.inf


def column(values: Sequence[Any], kind: type) -> NDArray[np.float64]:
    """Values of one field, `int`, `float` or `bool`, as an array of shape (values,), NaN for None.

    Raises:
        ValueError: a value is of another type, or beyond all measure.
    """
    if not set(map(type, values)) <= ({int, float, type(None)} if kind is float else {int, type(None)}):
        raise ValueError("not a number" if kind is float else "not a whole number")
    found = np.array(values, dtype=np.float64)
    if (np.abs(found) >= LARGEST).any():
        raise ValueError("too large a number")
    return found


def numbers(rows: Sequence[Sequence[Any]], width: int) -> NDArray[np.float64]:
    """Rows of whole numbers, none of them missing, as an array of shape (rows, width).

    Raises:
        ValueError: a value is none, or beyond all measure.
    """
    found = [column(values, int) for values in zip(*rows, strict=True)]
    if any(np.isnan(values).any() for values in found):
        raise ValueError("a number is missing")
    return np.array(found).T if found else np.empty((0, width))


def whole(value: Any) -> int:
    """A whole number.

    Raises:
        ValueError: it is none, or beyond all measure.
    """
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= LARGEST:
        raise ValueError("not a whole number, or too large a one")
    return value


def text(value: Any) -> str:
    """One clean line.

    Raises:
        ValueError: it is no text.
    """
    if not isinstance(value, str):
        raise ValueError("not a text")
    return clean_line(value)


_READ: dict[str, Callable[[Any], Any]] = {
    "int": whole,
    "str": text,
    "str | None": lambda value: None if value is None else text(value),
    "Sequence[StackSpan]": lambda spans: spans,
}


@cache
def _readers(kind: Any) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    return tuple((field.name, _READ[str(field.type)]) for field in fields(kind))
