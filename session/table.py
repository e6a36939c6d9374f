"""Records in columns: a hundred thousand of them take a few MB, are read without an object each, and cut in no time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from operator import eq
from typing import Any, Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

R = TypeVar("R")
_NUMBERS = {"int": int, "float": float, "bool": bool}
_ROWS_AT_ONCE = 4096


class Columns:
    """Rows of numbers that grow at their end, each column contiguous. What was given out stays as it is."""

    def __init__(self, width: int) -> None:
        self._store = np.empty((width, 0))
        self._rows = 0

    def reserve(self, rows: int) -> None:
        """Make room for so many more rows. Exactly so many at first: room between columns takes memory, if unused."""
        end, room = self._rows + rows, self._store.shape[1]
        if end > room:
            grown = np.empty((len(self._store), max(end, room * 3 // 2)))
            grown[:, : self._rows] = self._store[:, : self._rows]
            self._store = grown

    def append(self, rows: NDArray[np.float64]) -> None:
        """Add `rows`, shape (new rows, width)."""
        self.reserve(len(rows))
        end = self._rows + len(rows)
        self._store[:, self._rows : end] = rows.T
        self._rows = end

    @property
    def values(self) -> NDArray[np.float64]:
        """All rows so far, shape (rows, width)."""
        return self._store[:, : self._rows].T


@dataclass(frozen=True)
class Field:
    """One field of a record: its name, its type, and whether it can be None. `number` is None for texts and objects."""

    name: str
    number: type | None
    optional: bool


@lru_cache(maxsize=64)
def fields_of(kind: type) -> tuple[Field, ...]:
    """The fields of a class of records, from its annotations."""
    return tuple(
        Field(field.name, _NUMBERS.get(str(field.type).partition(" ")[0]), str(field.type).endswith("| None"))
        for field in fields(kind)
    )


class Table(Sequence[R], Generic[R]):
    """Records of one kind as a sequence, each made when it is asked for; a slice is a view.

    `values`, shape (records, fields), holds float64: exact for whole numbers up to 2**53, NaN for None. A field that is
    no number is there as its place in `objects`.
    """

    __slots__ = ("_kind", "_objects", "_values")

    def __init__(self, kind: type[R], values: NDArray[np.float64], objects: Sequence[Any] = ()) -> None:
        self._kind, self._values, self._objects = kind, values, objects

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, key: int) -> R: ...
    @overload
    def __getitem__(self, key: slice) -> Table[R]: ...
    def __getitem__(self, key: int | slice) -> R | Table[R]:
        if isinstance(key, slice):
            return Table(self._kind, self._values[key], self._objects)
        return self._record(self._values[key].tolist())

    def __iter__(self) -> Iterator[R]:
        for first in range(0, len(self), _ROWS_AT_ONCE):
            yield from map(self._record, self._values[first : first + _ROWS_AT_ONCE].tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    def column(self, name: str) -> NDArray[np.float64]:
        """See `column`; of a field that is no number, the places of its values."""
        return self._values[:, next(i for i, field in enumerate(fields_of(self._kind)) if field.name == name)]

    def distinct(self, name: str) -> tuple[list[Any], NDArray[np.intp]]:
        """See `distinct`."""
        places, which = np.unique(self.column(name), return_inverse=True)
        return [None if place != place else self._objects[int(place)] for place in places.tolist()], which

    def and_then(self, others: Sequence[Table[R]]) -> Table[R] | None:
        """The records of this table and of `others`, in a row; None where they do not share their objects."""
        if any(other._kind is not self._kind or other._objects is not self._objects for other in others):
            return None
        return Table(self._kind, np.concatenate([self._values, *(other._values for other in others)]), self._objects)

    def _record(self, row: list[float]) -> R:
        return self._kind(*map(self._value, fields_of(self._kind), row))

    def _value(self, field: Field, value: float) -> Any:
        if value != value:  # NaN
            return None
        return field.number(value) if field.number is not None else self._objects[int(value)]


def column(records: Sequence[Any], name: str) -> NDArray[np.float64]:
    """A field that is a number of every record, shape (records,), NaN for None."""
    if isinstance(records, Table):
        return records.column(name)
    return np.array([getattr(record, name) for record in records], np.float64)


def together(parts: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """The records of all `parts`, one after the other."""
    tables = [part for part in parts if isinstance(part, Table)]
    joined = tables[0].and_then(tables[1:]) if tables and len(tables) == len(parts) else None
    return joined if joined is not None else [record for part in parts for record in part]


def largest(records: Sequence[Any], name: str) -> int | None:
    """The largest value of a field that is a whole number; None where no record has one."""
    values = column(records, name)
    known = values[~np.isnan(values)]
    return int(known.max()) if len(known) else None


def distinct(records: Sequence[Any], name: str) -> tuple[list[Any], NDArray[np.intp]]:
    """The different values of a field that is no number, and which of them each record has, shape (records,)."""
    if isinstance(records, Table):
        return records.distinct(name)
    values = [getattr(record, name) for record in records]
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    return list(places), np.array([places[value] for value in values], np.intp)
