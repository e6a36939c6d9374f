"""Reading of session files, as hostile input."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dlprof.session import rows, schema, told, untrusted
from dlprof.session.errors import SessionError
from dlprof.session.history import NO_STEPS, RunHistory, SessionHistory, Steps
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
from dlprof.session.text import clean_line

MOST_RUNS = 1000
MOST_LANES = 32
"""Of one session: the report compares each with each."""
_TURN_COLUMNS = "run, idx, start_ns, end_ns, waited, sampled, others_cpu_ns, steal_ns, throttled_ns"
_STEP_ROWS = "SELECT idx, start_ns, total_ns, data_ns, forward_ns, backward_ns, optimizer_ns, loss, flags, turn"
_LAST_STATUSES = (  # SQLite takes the bare columns from the row that has the maximum
    "SELECT run, data, max(id) FROM event WHERE kind = 'status' AND run IS NOT NULL AND length(data) < 65536"
    " GROUP BY run LIMIT ?"
)
_META = "SELECT key, value FROM meta LIMIT 50"


class SessionReader:
    """Reads a session file, finished or still being written, for one thread.

    It holds the file open only while it reads: a recorder can leave its journal behind only with nobody on it.
    """

    def __init__(self, path: Path) -> None:
        """Open `path` read-only and check that it is a session.

        Raises:
            SessionError: no such file, not a session, made by a newer dlprof, or damaged.
        """
        self.path = path
        untrusted.check_header(path)
        self._runs: dict[int, RunHistory] = {}
        self._seen: dict[str, int] = defaultdict(int)
        self._devices: tuple[DeviceMemory, ...] = ()
        self._loads: tuple[DeviceLoad, ...] = ()
        self._events: tuple[Event, ...] = ()
        self._stacks: dict[int, tuple[Frame, ...]] = {}
        self._frames: dict[int, Frame] = {}
        self._checked = False
        with self._opened():
            self._version = untrusted.version(self._connection, path)

    def history(self) -> SessionHistory:
        """All that is in the file by now, up to its horizon. Reads only what is new since the last call.

        Raises:
            SessionError: the file is damaged.
        """
        with self._opened():
            if not self._checked:
                untrusted.check_pages(self._connection)
                self._checked = True
            self._connection.execute("BEGIN")
            try:
                meta = self._meta()
                self._read_new()
            finally:
                self._connection.execute("ROLLBACK")
        horizon = int(meta.get("horizon_ns", 0))
        whole = SessionHistory(
            meta,
            horizon,
            bool(meta.get("complete")),
            tuple(self._runs.values()),
            self._devices,
            self._loads,
            self._events,
        )
        return whole.until(horizon)

    def statuses(self) -> dict[int, str]:
        """The last status of each run, without reading its steps.

        Raises:
            SessionError: the file is damaged.
        """
        with self._opened():
            found = self._connection.execute(_LAST_STATUSES, (MOST_RUNS,))
            said = {run: told.event_data("status", told.value(data)) for run, data, _ in found}
            return {run: clean_line(data.get("status", "")) for run, data in said.items()}

    def meta(self) -> dict[str, Any]:
        """The session's description.

        Raises:
            SessionError: the file is damaged.
        """
        with self._opened():
            return self._meta()

    def _meta(self) -> dict[str, Any]:
        return told.description({rows.text(key): told.value(value) for key, value in self._connection.execute(_META)})

    def _read_new(self) -> None:
        for row in self._new("run", "id, lane, framework, backend, mode, task, repeat, device, batch_size"):
            run = rows.record(Run, row)
            self._runs[run.id] = RunHistory(run)
            lanes = {history.run.lane for history in self._runs.values()}
            if len(self._runs) > MOST_RUNS or len(lanes) > MOST_LANES:
                most = f"{MOST_RUNS} runs, or {MOST_LANES} lanes"
                raise SessionError(f"{self.path} has more than {most}: damaged, or not made by dlprof")
        for run in self._runs.values():
            self._read_run(run)
        self._extend("host", "host_memory", HostMemory, "run, t_ns, uss, rss, peak_rss, processes, pss")
        self._extend("probes", "probe", Probe, "run, t_ns, forward_ns, backward_ns")
        self._extend("allocator", "allocator_memory", AllocatorMemory, "run, t_ns, allocated, reserved, peak, reason")
        self._extend("gpu", "process_memory", ProcessMemory, "run, t_ns, device, used, reason")
        memory = "id, t_ns, device, used, total, reason"
        self._devices += tuple(rows.record(DeviceMemory, row[1:]) for row in self._new("device_memory", memory))
        load = "id, t_ns, device, utilization, others_utilization, power_mw, clock_mhz, throttle, reason"
        self._loads += tuple(rows.record(DeviceLoad, row[1:]) for row in self._new("device_load", load))
        events = [_event(row[1:]) for row in self._new("event", "id, t_ns, run, kind, data")]
        self._events += tuple(event for event in events if event.run is None)
        self._append("events", [event for event in events if event.run is not None])
        self._read_stacks()

    def _read_run(self, history: RunHistory) -> None:
        run = history.run.id
        after = int(history.steps.column("index")[-1]) if len(history.steps) else -1
        found = self._connection.execute(f"{_STEP_ROWS} FROM step WHERE run = ? AND idx > ? ORDER BY idx", (run, after))
        new = rows.steps(found.fetchall())
        if len(new):
            old = history.steps.values if history.steps is not NO_STEPS else new[:0]
            history = replace(history, steps=Steps(np.concatenate([old, new])))
        last = history.turns[-1].index if history.turns else -1
        turns = self._connection.execute(
            f"SELECT {self._columns('turn', _TURN_COLUMNS)} FROM turn WHERE run = ? AND idx > ? ORDER BY idx",
            (run, last),
        ).fetchall()
        self._runs[run] = replace(history, turns=history.turns + tuple(_turn(row) for row in turns))

    def _read_stacks(self) -> None:
        for row in self._new("frame", "id, name, file, line"):
            self._frames[row[0]] = rows.record(Frame, row[1:])
        for row in self._new("stack", "id, frames"):
            ids = told.value(row[1])
            frames = (self._frames.get(i) for i in ids if isinstance(i, int)) if isinstance(ids, list) else ()
            self._stacks[row[0]] = tuple(frame for frame in frames if frame is not None)
        spans: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for row in self._new("stack_span", "id, segment, t_ns, duration_ns, thread, main, stack"):
            spans[row[1]].append(row[2:])
        segments = []
        for row in self._new("stack_segment", "id, run, stored_ns, hz, covered_ns, errors, reason"):
            seen = ((row[1], *span[:4], self._stacks.get(span[4], ())) for span in spans[row[0]])
            of_segment = tuple(rows.record(StackSpan, span) for span in seen)
            segments.append(rows.record(StackSegment, (*row[1:], of_segment)))
        self._append("segments", segments)

    def _columns(self, table: str, columns: str) -> str:
        """`columns` as this file's version has them."""
        absent = schema.SINCE_2.get(table, frozenset()) if self._version < 2 else frozenset()
        return ", ".join(f"NULL AS {name}" if name in absent else name for name in columns.split(", "))

    def _new(self, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
        if self._version < 2 and table in schema.SINCE_2[""]:
            return iter(())
        found = self._connection.execute(
            f"SELECT {self._columns(table, columns)} FROM {table} WHERE id > ? ORDER BY id", (self._seen[table],)
        ).fetchall()
        if found:
            self._seen[table] = found[-1][0]
        return iter(found)

    def _extend(self, field: str, table: str, kind: Callable[..., Any], columns: str) -> None:
        self._append(field, [rows.record(kind, row[1:]) for row in self._new(table, "id, " + columns)])

    def _append(self, field: str, records: Sequence[Any]) -> None:
        """Add `records`, each of the run that it names, to `field` of the runs."""
        of_run: dict[int, list[Any]] = defaultdict(list)
        for record in records:
            of_run[record.run].append(record)
        for run, new in of_run.items():
            if run in self._runs:
                history = self._runs[run]
                self._runs[run] = replace(history, **{field: (*getattr(history, field), *new)})

    @contextmanager
    def _opened(self) -> Iterator[None]:
        with untrusted.opened(self.path) as self._connection:
            yield


def _turn(row: tuple[Any, ...]) -> Turn:
    run, index, start_ns, end_ns, waited, sampled, *meanwhile = row
    return rows.record(Turn, (run, index, start_ns, end_ns, waited, sampled is None or sampled, *meanwhile))


def _event(row: tuple[Any, ...]) -> Event:
    t_ns, run, kind, data = row[0], row[1], rows.text(row[2]), told.value(row[3])
    return Event(rows.whole(t_ns), None if run is None else rows.whole(run), kind, told.event_data(kind, data))
