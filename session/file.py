"""Reading of session files, as hostile input."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dlprof.session import schema
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
from dlprof.session.text import clean, clean_line

_MAX_TEXT = 1 << 20
_MAX_RUNS = 1000
_QUERY_SECONDS = 60.0
_TURN_COLUMNS = "run, idx, start_ns, end_ns, waited, sampled, others_cpu_ns, steal_ns, throttled_ns"
_STEP_ROWS = "SELECT idx, start_ns, total_ns, data_ns, forward_ns, backward_ns, optimizer_ns, loss, flags, turn"
_LAST_STATUSES = (  # SQLite takes the bare columns from the row that has the maximum
    "SELECT run, data, max(id) FROM event WHERE kind = 'status' AND run IS NOT NULL GROUP BY run LIMIT ?"
)


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
        _check_header(path)
        self._runs: dict[int, RunHistory] = {}
        self._seen: dict[str, int] = defaultdict(int)
        self._devices: tuple[DeviceMemory, ...] = ()
        self._loads: tuple[DeviceLoad, ...] = ()
        self._events: tuple[Event, ...] = ()
        self._stacks: dict[int, tuple[Frame, ...]] = {}
        self._frames: dict[int, Frame] = {}
        with self._opened():
            self._check_tables()

    def history(self) -> SessionHistory:
        """All that is in the file by now, up to its horizon. Reads only what is new since the last call.

        Raises:
            SessionError: the file is damaged.
        """
        with self._opened():
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
            rows = self._connection.execute(_LAST_STATUSES, (_MAX_RUNS,)).fetchall()
            return {run: clean_line(str(_object(_json(data)).get("status"))) for run, data, _ in rows}

    def meta(self) -> dict[str, Any]:
        """The session's description.

        Raises:
            SessionError: the file is damaged.
        """
        with self._opened():
            return self._meta()

    def _meta(self) -> dict[str, Any]:
        rows = self._connection.execute("SELECT key, value FROM meta LIMIT 100").fetchall()
        return {clean_line(key): _json(value) for key, value in rows}

    def _read_new(self) -> None:
        for row in self._new("run", "id, lane, framework, backend, mode, task, repeat, device, batch_size"):
            if len(self._runs) >= _MAX_RUNS:
                raise SessionError(f"{self.path} has more than {_MAX_RUNS} runs: damaged, or not made by dlprof")
            run = Run(*_clean_texts(row))
            self._runs[run.id] = RunHistory(run)
        for run in self._runs.values():
            self._read_run(run)
        self._extend("host", "host_memory", HostMemory, "run, t_ns, uss, rss, peak_rss, processes, pss")
        self._extend("probes", "probe", Probe, "run, t_ns, forward_ns, backward_ns")
        self._extend("allocator", "allocator_memory", AllocatorMemory, "run, t_ns, allocated, reserved, peak, reason")
        self._extend("gpu", "process_memory", ProcessMemory, "run, t_ns, device, used, reason")
        self._devices += tuple(
            DeviceMemory(row[1], *_clean_texts(row[2:]))
            for row in self._new("device_memory", "id, t_ns, device, used, total, reason")
        )
        load = "id, t_ns, device, utilization, others_utilization, power_mw, clock_mhz, throttle, reason"
        self._loads += tuple(DeviceLoad(row[1], *_clean_texts(row[2:])) for row in self._new("device_load", load))
        for row in self._new("event", "id, t_ns, run, kind, data"):
            event = Event(row[1], row[2], clean_line(row[3]), _object(_json(row[4])))
            if event.run is None:
                self._events += (event,)
            else:
                self._append(event.run, "events", (event,))
        self._read_stacks()

    def _read_run(self, history: RunHistory) -> None:
        run = history.run.id
        after = int(history.steps.column("index")[-1]) if len(history.steps) else -1
        rows = self._connection.execute(f"{_STEP_ROWS} FROM step WHERE run = ? AND idx > ? ORDER BY idx", (run, after))
        new = np.array(rows.fetchall(), dtype=np.float64)
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
            self._frames[row[0]] = Frame(clean_line(row[1]), clean_line(row[2]), int(row[3]))
        for row in self._new("stack", "id, frames"):
            ids = _json(row[1])
            frames = (self._frames.get(i) for i in ids) if isinstance(ids, list) else ()
            self._stacks[row[0]] = tuple(frame for frame in frames if frame is not None)
        for row in self._new("stack_segment", "id, run, stored_ns, hz, covered_ns, errors, reason"):
            spans = self._connection.execute(
                "SELECT t_ns, duration_ns, thread, main, stack FROM stack_span WHERE segment = ? ORDER BY id", row[:1]
            )
            segment = StackSegment(
                *_clean_texts(row[1:]),
                spans=tuple(
                    StackSpan(row[1], t, duration, thread, bool(main), self._stacks.get(stack, ()))
                    for t, duration, thread, main, stack in spans
                ),
            )
            self._append(segment.run, "segments", (segment,))

    def _columns(self, table: str, columns: str) -> str:
        """`columns` as this file's version has them."""
        absent = schema.SINCE_2.get(table, frozenset()) if self._version < 2 else frozenset()
        return ", ".join(f"NULL AS {name}" if name in absent else name for name in columns.split(", "))

    def _new(self, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
        if self._version < 2 and table in schema.SINCE_2[""]:
            return iter(())
        rows = self._connection.execute(
            f"SELECT {self._columns(table, columns)} FROM {table} WHERE id > ? ORDER BY id", (self._seen[table],)
        ).fetchall()
        if rows:
            self._seen[table] = rows[-1][0]
        return iter(rows)

    def _extend(self, field: str, table: str, make: Callable[..., Any], columns: str) -> None:
        new: dict[int, list[Any]] = defaultdict(list)
        for row in self._new(table, "id, " + columns):
            new[row[1]].append(make(row[1], *_clean_texts(row[2:])))
        for run, records in new.items():
            self._append(run, field, tuple(records))

    def _append(self, run: int, field: str, records: tuple[Any, ...]) -> None:
        if run in self._runs:
            history = self._runs[run]
            self._runs[run] = replace(history, **{field: getattr(history, field) + records})

    def _harden(self) -> None:
        # An untrusted file can hold views and triggers that never end, and pages that lie about their size.
        for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.isolation_level = None
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4 * _MAX_TEXT)
        self._connection.set_progress_handler(self._out_of_time, 100_000)

    def _out_of_time(self) -> int:
        return int(time.monotonic() > self._deadline)

    def _check_tables(self) -> None:
        self._version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if self._version > schema.VERSION:
            raise SessionError(
                f"{self.path} has session format {self._version}, this dlprof reads up to {schema.VERSION}: "
                "upgrade dlprof"
            )
        found = self._connection.execute("SELECT type, name FROM sqlite_schema LIMIT 1000").fetchall()
        absent = schema.SINCE_2[""] if self._version < 2 else frozenset()
        wanted = {("table", name) for name in schema.TABLES if name not in absent}
        if {row for row in found if not str(row[1]).startswith("sqlite_autoindex_")} != wanted:
            raise SessionError(f"{self.path} does not have the tables of a session: damaged, or not made by dlprof")

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """The file, open for a reading; what SQLite and bad values raise becomes one line about the file."""
        self._deadline = time.monotonic() + _QUERY_SECONDS
        try:
            uri = f"{self.path.resolve().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=5)) as self._connection:
                self._harden()
                yield
        except (sqlite3.Error, ValueError, TypeError, KeyError, OverflowError) as error:
            line = clean_line(str(error), 200)
            raise SessionError(f"{self.path} is damaged or cut off ({line}); nothing can be read from it") from error


def _check_header(path: Path) -> None:
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise SessionError(f"cannot read {path}: {error.strerror}") from error
    if not header.startswith(b"SQLite format 3\0") or header[68:72] != schema.APPLICATION_ID.to_bytes(4, "big"):
        if header[:1] == b"" and Path(f"{path}-wal").exists():
            raise SessionError(f"{path} is not readable yet: its recorder has written nothing so far")
        raise SessionError(f"{path} is not a dlprof session")


def _turn(row: tuple[Any, ...]) -> Turn:
    run, index, start_ns, end_ns, waited, sampled, *meanwhile = row
    return Turn(run, index, start_ns, end_ns, bool(waited), sampled is None or bool(sampled), *meanwhile)


def _json(text: Any) -> Any:
    if not isinstance(text, str) or len(text) > _MAX_TEXT:
        raise ValueError("a text field is not text, or too long")
    return _clean_value(json.loads(text))


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value, 64 * 1024)
    if isinstance(value, list):
        return [_clean_value(item) for item in value]
    if isinstance(value, dict):
        return {clean_line(str(key)): _clean_value(item) for key, item in value.items()}
    return value


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _clean_texts(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(clean_line(value) if isinstance(value, str) else value for value in row)
