"""Packets of a Perfetto trace: tracks, slices, instants and counters, as its `trace_packet.proto` has them.

Every sequence is a run, or a GPU; its first packet holds the names that the others call by number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlprof.session.exports.protobuf import Field, Numbers, double, integer, message, text
from dlprof.session.history import STEP_CLASSES
from dlprof.session.records import CLOCKS, PHASES

BEGIN, END, _INSTANT, _COUNTER = 1, 2, 3, 4
_CLEARED, _NEEDED = 1, 2
"""Of a sequence's names: forgotten here, and needed here."""
_EXPLICIT_ORDER = 3
_BYTES = 3
_CPU_CLOCK = 1

_STEP_NAMES = ["step" if name == "counted" else f"{name} step" for name in STEP_CLASSES]
_NAMES = [*_STEP_NAMES, *PHASES]
_INDEX_ID = 1


@dataclass(frozen=True)
class Track:
    """A row of the screen below its parent (0: below none), by `order`; a counter has a unit, which may be empty."""

    id: int
    parent: int
    name: str
    order: int
    unit: str | None = None


def track_id(sequence: int, place: int) -> int:
    """The id of one of up to 65,536 tracks of `sequence`; its process is at place 0."""
    return sequence << 16 | place


def process(sequence: int, name: str) -> bytes:
    """The process of a run; `sequence` is its process id, too."""
    order = [integer(11, _EXPLICIT_ORDER), integer(12, sequence)]
    said = message(3, integer(1, sequence), text(6, name))
    return _packet(message(60, integer(1, track_id(sequence, 0)), said, *order)).tobytes()


def thread(sequence: int, place: int, tid: int, name: str) -> bytes:
    """A thread of the process of `sequence`."""
    said = message(4, integer(1, sequence), integer(2, tid), text(5, name))
    ids = [integer(1, track_id(sequence, place)), integer(5, track_id(sequence, 0))]
    return _packet(message(60, *ids, said)).tobytes()


def described(track: Track) -> bytes:
    """What `track` is."""
    fields = [integer(1, track.id), text(2, track.name), integer(11, _EXPLICIT_ORDER), integer(12, track.order)]
    if track.parent:
        fields.append(integer(5, track.parent))
    if track.unit is not None:
        fields.append(message(8, integer(3, _BYTES) if track.unit == "bytes" else text(6, track.unit)))
    return _packet(message(60, *fields)).tobytes()


def start_of_sequence(sequence: int, track: Track, samples_per_s: int = 0) -> bytes:
    """The first packet of `sequence`: its names, its rate of stack samples, and the track of slices without one."""
    names = [message(2, integer(1, number), text(2, name)) for number, name in enumerate(_NAMES, start=1)]
    clocks = [message(1, integer(1, number), text(2, clock)) for number, clock in enumerate(CLOCKS, start=1)]
    annotation = message(3, integer(1, _INDEX_ID), text(2, "index"))
    timebase = message(1, integer(2, samples_per_s), integer(4, _CPU_CLOCK))
    defaults = message(59, message(11, integer(11, track.id)), message(12, timebase))
    flags = [integer(10, sequence), integer(13, _CLEARED | _NEEDED), integer(87, 1)]
    return _packet(*flags, message(12, *names, *clocks, annotation), defaults).tobytes()


def slices(sequence: int, times: Numbers, kind: int, *fields: Field) -> Field:
    """Beginnings or ends of slices on the sequence's first track."""
    return stamped(sequence, times, message(11, integer(9, kind), *fields))


def step_name(classes: Numbers) -> Field:
    """The names of steps of `classes`, indices into STEP_CLASSES."""
    return integer(10, classes + 1)


def phase_name(phase: str) -> Field:
    """The name of `phase`."""
    return integer(10, _NAMES.index(phase) + 1)


def step_index(indices: Numbers) -> Field:
    """The argument `index` of steps."""
    return message(4, integer(1, _INDEX_ID), integer(4, indices))


def clock(name: str) -> Field:
    """A slice's clock, as its category."""
    return integer(3, CLOCKS.index(name if name in CLOCKS else "n/a") + 1)


def slice_with(sequence: int, track: Track, name: str, start_ns: int, end_ns: int, said: Mapping[str, Any]) -> bytes:
    """One slice on `track`, with `said` as its arguments."""
    begin = [integer(9, BEGIN), integer(11, track.id), text(23, name), *_annotations(said)]
    end = [integer(9, END), integer(11, track.id)]
    ends = ((start_ns, begin), (end_ns, end))
    return b"".join(stamped(sequence, moment(t_ns), message(11, *fields)).tobytes() for t_ns, fields in ends)


def instant(sequence: int, track: Track, name: str, t_ns: int, said: Mapping[str, Any]) -> bytes:
    """One moment on `track`, with `said` as its arguments."""
    fields = [integer(9, _INSTANT), integer(11, track.id), text(23, name), *_annotations(said)]
    return stamped(sequence, moment(t_ns), message(11, *fields)).tobytes()


def counter(sequence: int, track: Track, times: Numbers, values: np.ndarray[Any, np.dtype[np.float64]]) -> bytes:
    """Values of the counter `track` at `times`."""
    fields = [integer(9, _COUNTER), integer(11, track.id), double(44, values)]
    return stamped(sequence, times, message(11, *fields)).tobytes()


def stamped(sequence: int, times: Numbers, *fields: Field) -> Field:
    """Packets of `sequence` at `times`, ns."""
    return _packet(integer(8, times), integer(10, sequence), integer(13, _NEEDED), *fields)


def moment(t_ns: int) -> Numbers:
    """One time."""
    return np.array([t_ns], np.int64)


def _packet(*fields: Field) -> Field:
    return message(1, *fields)


def _annotations(said: Mapping[str, Any]) -> list[Field]:
    """What is known of `said`; what has parts stands there as JSON."""
    return [message(4, text(10, key), _value(value)) for key, value in said.items() if value is not None]


def _value(value: Any) -> Field:
    if isinstance(value, bool):
        return integer(2, int(value))
    if isinstance(value, int | float):
        return double(5, np.array([value], np.float64))
    return text(6, value if isinstance(value, str) else json.dumps(value))
