"""A session as a trace for Perfetto, in its protobuf format (perfetto.dev/docs/reference/trace-packet-proto).

Each run is a process with a track of its steps and their phases, one of its turns, one of its events, counters of loss
and memory, and a thread with stack samples for each thread sampled. Times are those of the session, ns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.session.exports.names import run_name
from dlprof.session.exports.perfetto_packets import (
    BEGIN,
    END,
    Track,
    clock,
    counter,
    described,
    instant,
    phase_name,
    process,
    slice_with,
    slices,
    start_of_sequence,
    step_index,
    step_name,
    track_id,
)
from dlprof.session.exports.perfetto_stacks import stack_packets
from dlprof.session.exports.protobuf import HIGHEST, Numbers, joined
from dlprof.session.history import RunHistory, SessionHistory, Steps
from dlprof.session.records import PHASES, Event

_STEPS_AT_ONCE = 1 << 14
_COUNTERS = 16
"""The place of the first counter among the tracks of a sequence."""


@dataclass(frozen=True, eq=False)
class _Series:
    """A counter: its moments (ns) and values, both of shape (samples,), NaN where not available."""

    name: str
    unit: str
    times: Numbers
    values: NDArray[np.float64]


def perfetto(session: SessionHistory) -> Iterator[bytes]:
    """The trace in pieces, to be written one after the other."""
    for number, history in enumerate(session.runs, start=1):
        yield from _run(number, history)
    number = len(session.runs) + 1
    yield from _session_events(number, session.events)
    yield from _devices(number + 1, session)


def _run(number: int, history: RunHistory) -> Iterator[bytes]:
    parent = track_id(number, 0)
    steps, turns, events = (
        Track(track_id(number, place), parent, name, place)
        for place, name in enumerate(("steps", "turns", "events"), start=1)
    )
    yield process(number, run_name(history.run))
    yield start_of_sequence(number, steps, history.segments[0].hz if history.segments else 0)
    for track in (steps, turns, events):
        yield described(track)
    yield from _steps(number, history)
    for turn in history.turns:
        said = {key: value for key, value in asdict(turn).items() if key not in ("run", "start_ns", "end_ns")}
        yield slice_with(number, turns, "turn", turn.start_ns, turn.end_ns, said)
    yield from _events(number, events, history.events)
    for probe in history.probes:
        said = {"forward_ns": probe.forward_ns, "backward_ns": probe.backward_ns}
        yield instant(number, events, "probe", probe.t_ns, said)
    losses = _Series("loss", "", _whole(history.steps.end_ns), history.steps.column("loss"))
    yield from _counters(number, [losses, *_memory(history)])
    yield from stack_packets(number, history.segments)


def _session_events(number: int, events: Sequence[Event]) -> Iterator[bytes]:
    track = Track(track_id(number, 0), 0, "session", 0)
    yield described(track)
    yield start_of_sequence(number, track)
    yield from _events(number, track, events)


def _events(number: int, track: Track, events: Sequence[Event]) -> Iterator[bytes]:
    for event in events:
        name = str(event.data.get("status")) if event.kind == "status" else event.kind
        yield instant(number, track, name, event.t_ns, event.data)


def _devices(number: int, session: SessionHistory) -> Iterator[bytes]:
    names = dict.fromkeys(sample.device for sample in (*session.devices, *session.loads))
    for sequence, device in enumerate(names, start=number):
        group = Track(track_id(sequence, 0), 0, f"GPU {device}", sequence)
        memory = [sample for sample in session.devices if sample.device == device]
        loads = [sample for sample in session.loads if sample.device == device]
        yield described(group)
        yield start_of_sequence(sequence, group)
        series = [
            _series("memory", "bytes", memory, [sample.used for sample in memory]),
            _series("utilization", "share", loads, [sample.utilization for sample in loads]),
            _series("utilization by others", "share", loads, [sample.others_utilization for sample in loads]),
            _series("power", "mW", loads, [sample.power_mw for sample in loads]),
            _series("clock", "MHz", loads, [sample.clock_mhz for sample in loads]),
        ]
        yield from _counters(sequence, series)


def _memory(history: RunHistory) -> list[_Series]:
    host, allocator = history.host, history.allocator
    found = [
        _series("host memory, resident", "bytes", host, [sample.rss for sample in host]),
        _series("host memory, unique", "bytes", host, [sample.uss for sample in host]),
        _series("host memory, proportional", "bytes", host, [sample.pss for sample in host]),
        _series("allocator, allocated", "bytes", allocator, [sample.allocated for sample in allocator]),
        _series("allocator, reserved", "bytes", allocator, [sample.reserved for sample in allocator]),
    ]
    for device in dict.fromkeys(sample.device for sample in history.gpu):
        samples = [sample for sample in history.gpu if sample.device == device]
        found.append(_series(f"memory on GPU {device}", "bytes", samples, [sample.used for sample in samples]))
    return found


def _series(name: str, unit: str, samples: Sequence[Any], values: Sequence[float | None]) -> _Series:
    times = np.array([sample.t_ns for sample in samples], np.int64)
    return _Series(name, unit, times, np.array(values, np.float64))


def _counters(sequence: int, found: Sequence[_Series]) -> Iterator[bytes]:
    """A track for each series that has a value."""
    for place, series in enumerate(found, start=_COUNTERS):
        known = np.isfinite(series.values)
        if known.any():
            track = Track(track_id(sequence, place), track_id(sequence, 0), series.name, place, series.unit)
            yield described(track)
            yield counter(sequence, track, series.times[known], series.values[known])


def _steps(sequence: int, history: RunHistory) -> Iterator[bytes]:
    begins = _without_overlap(history.steps)
    for start in range(0, len(history.steps), _STEPS_AT_ONCE):
        part = slice(start, start + _STEPS_AT_ONCE)
        yield _step_packets(sequence, Steps(history.steps.values[part]), begins[part], history.clocks)


def _without_overlap(steps: Steps) -> Numbers:
    """When each step is drawn to begin: when it did, or with the end of the step before it, where that is later.

    A GPU lane's host begins steps ahead of the device, whose events say how long they took.
    """
    totals = _whole(steps.column("total_ns"))
    before = np.cumsum(totals) - totals
    return before + np.maximum.accumulate(_whole(steps.column("start_ns")) - before)


def _step_packets(sequence: int, steps: Steps, begins: Numbers, clocks: Mapping[str, str]) -> bytes:
    """Each step as a slice, and inside it those of its phases that are known, one after the other."""
    ends = begins + _whole(steps.column("total_ns"))
    always = np.ones(len(steps), np.bool_)
    index = step_index(_whole(steps.column("index")))
    begin = slices(sequence, begins, BEGIN, step_name(steps.classes), clock(clocks.get("step", "n/a")), index)
    parts = [(begin, always)]
    at = begins
    for phase in PHASES:
        durations = steps.column(f"{phase}_ns")
        known = ~np.isnan(durations)
        until = np.minimum(at + _whole(durations), ends)
        parts.append((slices(sequence, at, BEGIN, phase_name(phase), clock(clocks.get(phase, "n/a"))), known))
        parts.append((slices(sequence, until, END), known))
        at = until
    parts.append((slices(sequence, ends, END), always))
    kept = np.concatenate([np.broadcast_to(mask[:, None], packets.shape) for packets, mask in parts], axis=1)
    return joined(*(packets for packets, _ in parts))[kept].tobytes()


def _whole(values: NDArray[np.float64]) -> Numbers:
    """Durations and moments as whole numbers; a damaged file may hold others, which no trace can."""
    return np.clip(np.nan_to_num(values), 0, HIGHEST).astype(np.int64)
