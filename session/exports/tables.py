"""A session as tables, for programs that compute with it. docs/export.md lists them and their columns.

A column is called as in the session file; where that does not tell, its unit is added. Every row of a run says which
lane and task it is of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import Any, Literal

import numpy as np

from dlprof.session.history import STEP_CLASSES, RunHistory, SessionHistory, Steps
from dlprof.session.records import PHASES, Event
from dlprof.session.report.figures import frame_text

Kind = Literal["text", "integer", "number", "flag"]
Column = tuple[str, Kind]
Cells = Sequence[Any]
Batch = Sequence[Cells]
"""The cells of each column, as many in every one."""

_ROWS_AT_ONCE = 1 << 14
_OF_RUN: tuple[Column, ...] = (("run", "integer"), ("lane", "text"), ("task", "text"), ("repeat", "integer"))


@dataclass(frozen=True)
class Table:
    """A table whose cells come in batches, to be read once; a cell that is None is not available."""

    name: str
    columns: tuple[Column, ...]
    batches: Iterator[Batch]


def tables(session: SessionHistory) -> Iterator[Table]:
    """The tables of `session`, the same ones whatever was recorded."""
    yield _table("session", _SESSION, ((key, json.dumps(value)) for key, value in session.meta.items()))
    yield _of_runs(session, "runs", _RUNS, _run)
    yield Table("steps", (*_OF_RUN, *_STEPS), _steps(session))
    for name, (records, fields) in _RECORDS_OF_RUNS.items():
        yield _of_runs(session, name, _columns(fields), _reader(records, fields))
    yield _of_runs(session, "stacks", _STACKS, _stacks)
    for name, (records, fields) in _RECORDS_OF_DEVICES.items():
        yield _table(name, _columns(fields), _reader(records, fields)(session))
    yield _table("events", (*_OF_RUN, *_EVENTS), _events(session))


def _of_runs(
    session: SessionHistory, name: str, columns: tuple[Column, ...], rows: Callable[[RunHistory], Iterable[Cells]]
) -> Table:
    found = ((*_names(history), *row) for history in session.runs for row in rows(history))
    return _table(name, (*_OF_RUN, *columns), found)


def _table(name: str, columns: tuple[Column, ...], rows: Iterator[Cells]) -> Table:
    batches = iter(lambda: list(zip(*islice(rows, _ROWS_AT_ONCE), strict=True)), [])
    return Table(name, columns, batches)


def _names(history: RunHistory) -> Cells:
    return history.run.id, history.run.lane, history.run.task, history.run.repeat


_SESSION: tuple[Column, ...] = (("key", "text"), ("value", "text"))
_RUNS: tuple[Column, ...] = (
    ("framework", "text"),
    ("framework_version", "text"),
    ("backend", "text"),
    ("mode", "text"),
    ("device", "text"),
    ("batch_size", "integer"),
    ("parameters", "integer"),
    ("status", "text"),
    *((f"{phase}_clock", "text") for phase in (*PHASES, "step")),
    ("reasons", "text"),
)


def _run(history: RunHistory) -> Iterator[Cells]:
    run, said, clocks = history.run, history.described, history.clocks
    version, parameters, reasons = said.get("framework_version"), said.get("parameters"), said.get("reasons")
    yield (
        run.framework,
        version if isinstance(version, str) else None,
        run.backend,
        run.mode,
        run.device,
        run.batch_size,
        parameters if isinstance(parameters, int) else None,
        history.status,
        *(clocks.get(phase, "n/a") for phase in (*PHASES, "step")),
        json.dumps(reasons) if reasons else None,
    )


_STEPS: tuple[Column, ...] = (
    ("step", "integer"),
    ("turn", "integer"),
    ("class", "text"),
    ("start_ns", "integer"),
    ("total_ns", "integer"),
    *((f"{phase}_ns", "integer") for phase in PHASES),
    ("loss", "number"),
)


def _steps(session: SessionHistory) -> Iterator[Batch]:
    for history in session.runs:
        for start in range(0, len(history.steps), _ROWS_AT_ONCE):
            steps = Steps(history.steps.values[start : start + _ROWS_AT_ONCE])
            yield [
                *([name] * len(steps) for name in _names(history)),
                *(_whole(steps, name) for name in ("index", "turn")),
                [STEP_CLASSES[place] for place in steps.classes.tolist()],
                *(_whole(steps, name) for name in ("start_ns", "total_ns")),
                *(_whole(steps, f"{phase}_ns") for phase in PHASES),
                [None if np.isnan(loss) else loss for loss in steps.column("loss").tolist()],
            ]


def _whole(steps: Steps, column: str) -> Cells:
    return [int(value) if np.isfinite(value) else None for value in steps.column(column).tolist()]


_Field = tuple[str, Kind, str]
"""A column, and the attribute of a record that it shows."""
_TIME: _Field = ("t_ns", "integer", "t_ns")
_REASON: _Field = ("reason", "text", "reason")
_DEVICE: _Field = ("device", "text", "device")
_RECORDS_OF_RUNS: dict[str, tuple[str, tuple[_Field, ...]]] = {
    "turns": (
        "turns",
        (
            ("turn", "integer", "index"),
            ("start_ns", "integer", "start_ns"),
            ("end_ns", "integer", "end_ns"),
            ("waited", "flag", "waited"),
            ("sampled", "flag", "sampled"),
            ("others_cpu_ns", "integer", "others_cpu_ns"),
            ("steal_ns", "integer", "steal_ns"),
            ("throttled_ns", "integer", "throttled_ns"),
        ),
    ),
    "probes": (
        "probes",
        (_TIME, ("forward_ns", "integer", "forward_ns"), ("backward_ns", "integer", "backward_ns")),
    ),
    "host_memory": (
        "host",
        (
            _TIME,
            ("uss_bytes", "integer", "uss"),
            ("rss_bytes", "integer", "rss"),
            ("peak_rss_bytes", "integer", "peak_rss"),
            ("pss_bytes", "integer", "pss"),
            ("processes", "integer", "processes"),
        ),
    ),
    "allocator_memory": (
        "allocator",
        (
            _TIME,
            ("allocated_bytes", "integer", "allocated"),
            ("reserved_bytes", "integer", "reserved"),
            ("peak_bytes", "integer", "peak"),
            _REASON,
        ),
    ),
    "process_memory": ("gpu", (_TIME, _DEVICE, ("used_bytes", "integer", "used"), _REASON)),
    "stack_segments": (
        "segments",
        (
            ("stored_ns", "integer", "stored_ns"),
            ("hz", "integer", "hz"),
            ("covered_ns", "integer", "covered_ns"),
            ("errors", "integer", "errors"),
            _REASON,
        ),
    ),
}
_RECORDS_OF_DEVICES: dict[str, tuple[str, tuple[_Field, ...]]] = {
    "device_memory": (
        "devices",
        (_TIME, _DEVICE, ("used_bytes", "integer", "used"), ("total_bytes", "integer", "total"), _REASON),
    ),
    "device_load": (
        "loads",
        (
            _TIME,
            _DEVICE,
            ("utilization", "number", "utilization"),
            ("others_utilization", "number", "others_utilization"),
            ("power_mw", "integer", "power_mw"),
            ("clock_mhz", "integer", "clock_mhz"),
            ("throttle", "text", "throttle"),
            _REASON,
        ),
    ),
}


def _columns(fields: tuple[_Field, ...]) -> tuple[Column, ...]:
    return tuple((name, kind) for name, kind, _ in fields)


def _reader(records: str, fields: tuple[_Field, ...]) -> Callable[[Any], Iterator[Cells]]:
    """Reads the rows of a history's `records`."""
    row = attrgetter(*(attribute for *_, attribute in fields))
    return lambda history: map(row, getattr(history, records))


_STACKS: tuple[Column, ...] = (
    ("t_ns", "integer"),
    ("duration_ns", "integer"),
    ("thread", "integer"),
    ("main", "flag"),
    ("frame", "text"),
    ("stack", "text"),
)


def _stacks(history: RunHistory) -> Iterator[Cells]:
    """What the sampler saw and for how long; `stack` is in the folded form, outermost frame first."""
    for segment in history.segments:
        for span in segment.spans:
            names = [frame_text(frame) for frame in span.frames]
            yield span.t_ns, span.duration_ns, span.thread, span.main, names[-1] if names else None, ";".join(names)


_EVENTS: tuple[Column, ...] = (("t_ns", "integer"), ("kind", "text"), ("data", "text"))


def _events(session: SessionHistory) -> Iterator[Cells]:
    """Those of the session, of no run, and then those of the runs."""
    yield from ((None, None, None, None, *_event(event)) for event in session.events)
    for history in session.runs:
        yield from ((*_names(history), *_event(event)) for event in history.events)


def _event(event: Event) -> Cells:
    return event.t_ns, event.kind, json.dumps(dict(event.data))
