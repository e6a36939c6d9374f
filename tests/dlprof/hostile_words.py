"""Sessions in which every text is what somebody would write who wants to get at the reader's terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import builder

from dlprof.session.records import Event, Record
from dlprof.session.writer import SessionWriter

MARK = "31337"
"""In every control sequence below, and in nothing that an honest program sends."""
CONTROLS = (
    f"\x1b]0;{MARK}\x07",
    f"\x1b[{MARK}m",
    f"\x1b]52;c;{MARK}\x1b\\",
    f"\x9b{MARK}H",
    f"\x9d8;;{MARK}\x9c",
    f"\x1bP{MARK}q\x1b\\",
    "\x1bc\x05\x07\x08\x0e\x7f\x84\x85\x90\u202e\u2066",
    "\r\n\x0b\x0c",
)
MARKUP = "[red]MK[/]"
"""Shown as it stands here, or not in full."""
HOSTILE = MARKUP + "".join(CONTROLS) + "[@click=app.quit]x[/]"
_KEPT = ("status", "kind")


def hostile_session(path: Path, **meta: Any) -> SessionWriter:
    """Three lanes and their turns and endings; the caller finishes it."""
    described = {**builder.META, "note": "", "machine": {**builder.META["machine"], "host": "h", "os": "o"}}
    writer = SessionWriter(path, {**_poisoned(described), "complete": False, "schedule": "turns", **meta})
    writer.add(_all_poisoned([*builder.beginning(), *builder.gpu_samples()]))
    for index in range(8):
        writer.add(_all_poisoned(builder.turn(index)))
    writer.add(_all_poisoned(builder.endings()))
    writer.commit(100 * builder.SECOND)
    return writer


def _all_poisoned(records: Iterable[Record]) -> list[Any]:
    return [_poisoned(record) for record in records]


def _poisoned(value: Any) -> Any:
    """`value` with all its texts made hostile, but those without which there is nothing to show."""
    if isinstance(value, str):
        return value + HOSTILE
    if isinstance(value, Event):
        return replace(value, data=_poisoned(value.data))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _poisoned(getattr(value, field.name)) for field in fields(value)})
    if isinstance(value, dict):
        return {key: item if key in _KEPT else _poisoned(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_poisoned(item) for item in value)
    return value
