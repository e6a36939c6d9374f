"""Protobuf's wire format, for many messages at once.

A field is an array of bytes of shape (messages, width), or of one row that stands in all messages. So a million
messages of one kind, which differ in some numbers, are a few operations on arrays. Their numbers take WIDE bytes each,
whatever their size: a varint may be longer than it has to be.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WIDE = 8
HIGHEST = (1 << 7 * WIDE) - 1
"""The largest number that WIDE bytes hold: as nanoseconds, 833 days."""

Field = NDArray[np.uint8]
Numbers = NDArray[np.int64]

_SHIFTS = 7 * np.arange(WIDE)
_MORE = np.array([0x80] * (WIDE - 1) + [0], np.uint8)
_VARINT, _FIXED_64, _LENGTH = 0, 1, 2


def integer(number: int, value: int | Numbers) -> Field:
    """Field `number`: one value from 0 on, or an array of shape (messages,), cut at HIGHEST."""
    if isinstance(value, int):
        return _row(_varint(number << 3 | _VARINT) + _varint(value))
    bits = np.clip(value, 0, HIGHEST)[:, None] >> _SHIFTS & 0x7F
    return joined(_row(_varint(number << 3 | _VARINT)), bits.astype(np.uint8) | _MORE)


def double(number: int, values: NDArray[np.float64]) -> Field:
    """Field `number`, values of shape (messages,)."""
    content = np.ascontiguousarray(values, "<f8").view(np.uint8).reshape(len(values), 8)
    return joined(_row(_varint(number << 3 | _FIXED_64)), content)


def text(number: int, value: str) -> Field:
    """Field `number`, UTF-8."""
    return message(number, _row(value.encode()))


def message(number: int, *fields: Field) -> Field:
    """Field `number`, a message of `fields`."""
    width = sum(field.shape[1] for field in fields)
    return joined(_row(_varint(number << 3 | _LENGTH) + _varint(width)), *fields)


def joined(*fields: Field) -> Field:
    """`fields` one after the other in every message."""
    count = next((len(field) for field in fields if len(field) != 1), 1)
    return np.concatenate([np.broadcast_to(field, (count, field.shape[1])) for field in fields], axis=1)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _row(content: bytes) -> Field:
    return np.frombuffer(content, np.uint8)[None, :]
