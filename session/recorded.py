"""What was read of a session file so far, and the reading of what is new in it."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dlprof.session import rows, schema, told
from dlprof.session.errors import SessionError
from dlprof.session.history import STEP_COLUMNS, RunHistory, SessionHistory, Steps
from dlprof.session.records import (
    AllocatorMemory,
    DeviceLoad,
    DeviceMemory,
    Event,
    Frame,
    HostMemory,
    Probe,
    ProcessMemory,
    Run,
    StackSegment,
    StackSpan,
    Turn,
)
from dlprof.session.table import Columns, Table, fields_of

R = TypeVar("R")

MOST_RUNS = 1000
MOST_LANES = 32
"""Of one session: the report compares each with each."""
_ROWS_AT_ONCE = 512
"""So few rows stay in the processor's cache until they are numbers: a tenth less time than with thousands."""
_SHORTEST_STEP_BYTES = 16
"""Of a row in a file: eleven columns, each with a byte for its kind, and what cannot be empty."""
_STEPS = "FROM step WHERE run = ? AND idx > ? ORDER BY idx"
_ALL_BUT_INDEX = (
    f"SELECT start_ns, total_ns, data_ns, forward_ns, backward_ns, optimizer_ns, loss, flags, turn {_STEPS}"
)
"""The index is known where none is missing; each column takes a fifteenth of the time for all."""
_OF_RUNS = (
    ("host", "host_memory", HostMemory),
    ("probes", "probe", Probe),
    ("allocator", "allocator_memory", AllocatorMemory),
    ("gpu", "process_memory", ProcessMemory),
)
_TURN = STEP_COLUMNS.index("turn")
_BEFORE_ITS_COLUMN = {"sampled": "1"}
"""What held before a version of the schema had a column for it; of all others nothing is known."""


class Recorded:
    """Grows with the file: each reading takes up where the one before it ended."""

    def __init__(self, path: Path, version: int) -> None:
        """Of the file at `path`, in this version of the schema."""
        self._path, self._version = path, version
        self._runs: dict[int, RunHistory] = {}
        self._events: tuple[Event, ...] = ()
        self._columns: dict[tuple[str, int], Columns] = {}
        self._seen: dict[str, int] = defaultdict(int)
        self._texts: list[str] = []
        self._places_of_texts: dict[Any, int] = {}
        self._frames: dict[int, Frame] = {}
        self._stacks: list[tuple[Frame, ...]] = [()]
        self._places_of_stacks: dict[int, int] = {}

    def history(self, meta: Mapping[str, Any], horizon_ns: int) -> SessionHistory:
        """What was read, as it was known at `horizon_ns`."""
        whole = SessionHistory(
            meta,
            horizon_ns,
            bool(meta.get("complete")),
            tuple(self._runs.values()),
            self._table("device_memory", 0, DeviceMemory),
            self._table("device_load", 0, DeviceLoad),
            self._events,
        )
        return whole.until(horizon_ns)

    def read_runs(self, connection: sqlite3.Connection) -> None:
        """Read the new runs, of which the rest is read."""
        columns = "id, lane, framework, backend, mode, task, repeat, device, batch_size"
        for row in self._new(connection, "run", columns, at_most=MOST_RUNS + 1):
            run = rows.record("run", Run, row)
            self._runs[run.id] = RunHistory(run)
            lanes = {history.run.lane for history in self._runs.values()}
            if len(self._runs) > MOST_RUNS or len(lanes) > MOST_LANES:
                most = f"{MOST_RUNS} runs, or {MOST_LANES} lanes"
                raise SessionError(f"{self._path} has more than {most}: damaged, or not made by dlprof")

    def read_records(self, connection: sqlite3.Connection) -> None:
        """Read what is new of all but runs and steps."""
        for run in self._runs:
            self._read_turns(connection, run)
        for field, table, kind in _OF_RUNS:
            self._read_samples(connection, field, table, kind)
        for table, kind in (("device_memory", DeviceMemory), ("device_load", DeviceLoad)):
            self._columns_of(table, 0, kind).append(
                self._numbers(table, kind, self._new_samples(connection, table, kind))
            )
        self._read_events(connection)
        self._read_stacks(connection)

    def read_steps(self, connection: sqlite3.Connection) -> None:
        """Read the new steps."""
        pages, page_bytes = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        for run in self._runs:
            self._read_steps_of(connection, run, pages * page_bytes // _SHORTEST_STEP_BYTES)

    def _read_steps_of(self, connection: sqlite3.Connection, run: int, room: int) -> None:
        """Read the new steps of a run; the file has `room` for so many."""
        history = self._runs[run]
        known, last = len(history.steps), int(history.steps.column("index")[-1]) if len(history.steps) else -1
        newest = connection.execute("SELECT max(idx) FROM step WHERE run = ?", (run,)).fetchone()[0]
        if newest is None or newest <= last:
            return
        columns = self._columns.setdefault(("step", run), Columns(len(STEP_COLUMNS)))
        columns.reserve(min(newest - last, room))  # numbers can lie
        cursor = connection.execute(_ALL_BUT_INDEX, (run, last))
        index = last + 1
        while some := cursor.fetchmany(_ROWS_AT_ONCE):
            if index + len(some) - (last + 1) > room:
                raise ValueError("table step: more rows than the file has room for")
            new = np.empty((len(some), len(STEP_COLUMNS)))
            new[:, 0] = np.arange(index, index + len(some))
            new[:, 1:] = some
            columns.append(new)
            index += len(some)
        steps = columns.values[known:]
        if index != newest + 1:  # some are missing
            steps[:, 0] = [found for (found,) in connection.execute(f"SELECT idx {_STEPS}", (run, last))]
        rows.check_steps(steps)
        if (np.diff(columns.values[max(known - 1, 0) :, _TURN]) < 0).any():
            raise ValueError("table step, turn: a step of a turn that was over")
        self._runs[run] = replace(history, steps=Steps(columns.values))

    def first_step_ns(self, connection: sqlite3.Connection) -> int | None:
        """When the first step began, of those runs that are known; None where there is none."""
        query = "SELECT start_ns FROM step WHERE run = ? ORDER BY idx LIMIT 1"
        found = [row for run in self._runs if (row := connection.execute(query, (run,)).fetchone()) is not None]
        return min((int(start_ns) for (start_ns,) in found), default=None)

    def _read_turns(self, connection: sqlite3.Connection, run: int) -> None:
        turns = self._runs[run].turns
        query = f"SELECT {self._select('turn', Turn)} FROM turn WHERE run = ? AND idx > ? ORDER BY idx"
        found = connection.execute(query, (run, turns[-1].index if len(turns) else -1)).fetchall()
        self._extend(run, "turns", "turn", Turn, self._numbers("turn", Turn, found))

    def _read_samples(self, connection: sqlite3.Connection, field: str, table: str, kind: type) -> None:
        numbers = self._numbers(table, kind, self._new_samples(connection, table, kind))
        for run in self._runs:
            self._extend(run, field, table, kind, numbers[numbers[:, 0] == run])

    def _new_samples(self, connection: sqlite3.Connection, table: str, kind: type) -> list[tuple[Any, ...]]:
        return [row[1:] for row in self._new(connection, table, f"id, {self._select(table, kind)}")]

    def _read_events(self, connection: sqlite3.Connection) -> None:
        for _, t_ns, run, kind, data in self._new(connection, "event", "id, t_ns, run, kind, data"):
            with rows.reading("event", "kind"):
                told_of = rows.text(kind)
            with rows.reading("event", "t_ns or run"):
                moment, of_run = rows.whole(t_ns), None if run is None else rows.whole(run)
            with rows.reading("event", f"data of {told_of}"):
                event = Event(moment, of_run, told_of, told.event_data(told_of, told.value(data)))
            if run is None:
                self._events += (event,)
            elif run in self._runs:
                self._runs[run] = replace(self._runs[run], events=(*self._runs[run].events, event))

    def _read_stacks(self, connection: sqlite3.Connection) -> None:
        for row in self._new(connection, "frame", "id, name, file, line"):
            self._frames[row[0]] = rows.record("frame", Frame, row[1:])
        for number, text in self._new(connection, "stack", "id, frames"):
            with rows.reading("stack", "frames"):
                ids = told.value(text)
            frames = (self._frames.get(i) for i in ids if isinstance(i, int)) if isinstance(ids, list) else ()
            self._places_of_stacks[number] = len(self._stacks)
            self._stacks.append(tuple(frame for frame in frames if frame is not None))
        segments = self._new(connection, "stack_segment", "id, run, stored_ns, hz, covered_ns, errors, reason")
        spans = self._new(connection, "stack_span", "id, segment, t_ns, duration_ns, thread, main, stack")
        with rows.reading("stack_span", "a number"):
            numbers = rows.numbers(spans, 7)[:, 1:]
        self._add_segments(segments, numbers)

    def _add_segments(self, segments: list[tuple[Any, ...]], spans: NDArray[np.float64]) -> None:
        """`spans` has the columns of a StackSpan, but the segment for the run and the stack for its frames."""
        stacks, which = np.unique(spans[:, -1], return_inverse=True)
        spans[:, -1] = np.array([self._places_of_stacks.get(int(stack), 0) for stack in stacks], np.float64)[which]
        spans = spans[np.argsort(spans[:, 0], kind="stable")]
        numbers = np.array([row[0] for row in segments], np.float64)
        firsts, lasts = (np.searchsorted(spans[:, 0], numbers, side).tolist() for side in ("left", "right"))
        of_runs: dict[int, list[StackSegment]] = defaultdict(list)
        for row, first, last in zip(segments, firsts, lasts, strict=True):
            spans[first:last, 0] = row[1]
            own = Table(StackSpan, spans[first:last], self._stacks)
            of_runs[row[1]].append(rows.record("stack_segment", StackSegment, (*row[1:], own)))
        for run, new in of_runs.items():
            if run in self._runs:
                self._runs[run] = replace(self._runs[run], segments=(*self._runs[run].segments, *new))

    def _extend(self, run: int, field: str, table: str, kind: type, numbers: NDArray[np.float64]) -> None:
        if len(numbers):
            self._columns_of(table, run, kind).append(numbers)
            self._runs[run] = replace(self._runs[run], **{field: self._table(table, run, kind)})

    def _columns_of(self, table: str, run: int, kind: type) -> Columns:
        return self._columns.setdefault((table, run), Columns(len(fields_of(kind))))

    def _table(self, table: str, run: int, kind: type[R]) -> Table[R]:
        return Table(kind, self._columns_of(table, run, kind).values, self._texts)

    def _numbers(self, table: str, kind: type, found: Sequence[tuple[Any, ...]]) -> NDArray[np.float64]:
        """Rows of `table` as a Table holds them, shape (rows, fields)."""
        numbers = np.empty((len(found), len(fields_of(kind))))
        for place, (field, values) in enumerate(zip(fields_of(kind), zip(*found, strict=True), strict=bool(found))):
            with rows.reading(table, field.name):
                if field.number is None:
                    numbers[:, place] = [self._place_of_text(value) for value in values]
                else:
                    numbers[:, place] = rows.column(values, field.number)
                if not field.optional and np.isnan(numbers[:, place]).any():
                    raise ValueError("missing")
        return numbers

    def _place_of_text(self, text: Any) -> int | None:
        if text is None:
            return None
        if text not in self._places_of_texts:
            self._places_of_texts[text] = len(self._texts)
            self._texts.append(rows.text(text))
        return self._places_of_texts[text]

    def _select(self, table: str, kind: type) -> str:
        """The columns of the fields of `kind`, as this version of the schema has them."""
        absent = schema.SINCE_2.get(table, frozenset()) if self._version < 2 else frozenset()
        names = [field.name for field in fields_of(kind)]
        return ", ".join(
            _BEFORE_ITS_COLUMN.get(name, "NULL") if name in absent else "idx" if name == "index" else name
            for name in names
        )

    def _new(
        self, connection: sqlite3.Connection, table: str, columns: str, at_most: int = -1
    ) -> list[tuple[Any, ...]]:
        """The rows of `table` that were not read before, at most so many (-1: all); `columns` begins with `id`."""
        if self._version < 2 and table in schema.SINCE_2[""]:
            return []
        query = f"SELECT {columns} FROM {table} WHERE id > ? ORDER BY id LIMIT ?"
        found = connection.execute(query, (self._seen[table], at_most)).fetchall()
        if found:
            self._seen[table] = found[-1][0]
        return found
