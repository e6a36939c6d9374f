"""The one writer of a session file."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Any

from dlprof.session import schema
from dlprof.session.errors import SessionError
from dlprof.session.filesystem import is_network_file_system
from dlprof.session.records import (
    AllocatorMemory,
    DeviceLoad,
    DeviceMemory,
    Event,
    Frame,
    HostMemory,
    Probe,
    ProcessMemory,
    Record,
    Run,
    StackSegment,
    Step,
    Turn,
)

JOURNALS = ("-journal", "-wal")
"""What SQLite appends to a session's path for the files that it keeps beside it, and that belong to it."""
LOG = ".log"
"""The same for what a recorder without a terminal says: see dlprof/recording.py."""
LEAVE_TRIES = 100
LEAVE_SECONDS = 0.05
_INSERT_WITH_KEY = {Run: "run", Step: "step", Turn: "turn"}
_INSERT_NUMBERED = {
    HostMemory: "host_memory",
    AllocatorMemory: "allocator_memory",
    DeviceMemory: "device_memory",
    ProcessMemory: "process_memory",
    DeviceLoad: "device_load",
    Probe: "probe",
}
_SET_META = "INSERT OR REPLACE INTO meta VALUES (?, ?)"
_ROWS = {kind: attrgetter(*(field.name for field in fields(kind))) for kind in (*_INSERT_WITH_KEY, *_INSERT_NUMBERED)}
"""A record's columns; `dataclasses.astuple` copies every value and takes ten times as long, for each step."""


class SessionWriter:
    """Writes records into a new session file, in transactions that `commit` ends."""

    def __init__(self, path: Path, meta: Mapping[str, Any]) -> None:
        """Create `path` with mode 0600.

        Raises:
            SessionError: the file exists, or cannot be created there.
        """
        self.path = path
        create_empty(path)
        try:
            # At once: a session is never seen half made, and its magic is in the file itself, not in a journal.
            path.write_bytes(_empty_session(_with_inode(meta, path)))
            self._connection = sqlite3.connect(path, isolation_level=None)
            journal = "DELETE" if is_network_file_system(path.parent) else "WAL"
            self._connection.execute(f"PRAGMA journal_mode = {journal}")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("BEGIN")
            self._inode = _identity(path)
            self._log_inode: tuple[int, int] | None = None
        except (sqlite3.Error, OSError) as error:
            path.unlink(missing_ok=True)
            raise SessionError(f"cannot write a session to {path}: {error}; choose another folder") from error
        self._frames: dict[Frame, int] = {}
        self._stacks: dict[tuple[int, ...], int] = {}
        self._segments = 0

    def add(self, records: Iterable[Record]) -> None:
        """Write `records`; readers see them after `commit`.

        Raises:
            SessionError: they cannot be written, such as to a full disk. What was committed stays.
        """
        with self._writing():
            self._add(records)

    def set_meta(self, key: str, value: Any) -> None:
        """Set one entry of the session's description, stored as JSON.

        Raises:
            SessionError: it cannot be written.
        """
        with self._writing():
            self._connection.execute(_SET_META, (key, json.dumps(value)))

    def commit(self, horizon_ns: int) -> None:
        """Make everything added so far readable; all that happened up to `horizon_ns` is in the file.

        Raises:
            SessionError: it cannot be written, or somebody deleted the file.
        """
        self.set_meta("horizon_ns", horizon_ns)
        with self._writing():
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN")
        log = _identity(Path(f"{self.path}-wal"))
        if self._is_gone() or self._log_inode not in (None, log):
            raise self._gone()
        self._log_inode = log

    def finish(self, horizon_ns: int) -> None:
        """Commit, and leave one plain file without a journal beside it.

        Raises:
            SessionError: that cannot be, and what was committed before stays; or somebody deleted the file, up to the
                last moment, and it was put back.
        """
        with closing(self._connection):
            try:
                self._commit_last(horizon_ns)
                self._leave_journal()
            except SessionError:
                if not self._is_gone():
                    raise
            if self._is_gone():
                self._put_back()
                raise self._gone()

    def discard(self) -> None:
        """Delete the file: nothing was recorded."""
        self._connection.close()
        delete_files(self.path)

    def _leave_journal(self) -> None:
        with self._writing():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # It needs the file alone; a watcher reads for some milliseconds at a time.
        for _ in range(LEAVE_TRIES):
            if self._is_gone():
                return
            try:
                self._connection.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.OperationalError:
                time.sleep(LEAVE_SECONDS)
            else:
                return

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OverflowError, ValueError, TypeError) as error:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            with suppress(sqlite3.Error):
                self._connection.execute("BEGIN")
            if self._is_gone():
                raise self._gone() from error
            advice = "free some space; " if "full" in str(error) else ""
            log = self.path.with_name(f"{self.path.name}-wal")
            beside = f" and in {log.name}: copy both, or use dlprof export --format dlprof" if log.exists() else ""
            raise SessionError(
                f"cannot write to {self.path} any more: {error}; {advice}what was recorded before is in it{beside}"
            ) from error

    def _commit_last(self, horizon_ns: int) -> None:
        self.set_meta("complete", True)
        self.set_meta("horizon_ns", horizon_ns)
        with self._writing():
            self._connection.execute("COMMIT")

    def _is_gone(self) -> bool:
        return _identity(self.path) != self._inode

    def _gone(self) -> SessionError:
        return SessionError(f"{self.path} was deleted or replaced while it was recorded: put back")

    def _put_back(self) -> None:
        """Write the session, which is still open though its name is gone, to its path again."""
        try:
            create_empty(self.path)
            with closing(sqlite3.connect(self.path)) as copy:
                self._connection.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
        except (SessionError, sqlite3.Error) as error:
            raise SessionError(f"{self.path} was deleted while it was recorded, and is lost: {error}") from error

    def _add(self, records: Iterable[Record]) -> None:
        batches: dict[type, list[tuple[Any, ...]]] = {}
        for record in records:
            if isinstance(record, StackSegment):
                self._add_segment(record)
            elif isinstance(record, Event):
                row = (record.t_ns, record.run, record.kind, json.dumps(dict(record.data)))
                batches.setdefault(Event, []).append(row)
            else:
                batches.setdefault(type(record), []).append(_ROWS[type(record)](record))
        for kind, rows in batches.items():
            marks = ", ".join("?" * len(rows[0]))
            if kind in _INSERT_WITH_KEY:
                statement = f"INSERT INTO {_INSERT_WITH_KEY[kind]} VALUES ({marks})"
            else:
                statement = f"INSERT INTO {_INSERT_NUMBERED.get(kind, 'event')} VALUES (NULL, {marks})"
            self._connection.executemany(statement, rows)

    def _add_segment(self, segment: StackSegment) -> None:
        self._segments += 1
        row = (segment.run, segment.stored_ns, segment.hz, segment.covered_ns, segment.errors, segment.reason)
        self._connection.execute("INSERT INTO stack_segment VALUES (?, ?, ?, ?, ?, ?, ?)", (self._segments, *row))
        self._connection.executemany(
            "INSERT INTO stack_span VALUES (NULL, ?, ?, ?, ?, ?, ?)",
            [
                (self._segments, span.t_ns, span.duration_ns, span.thread, span.main, self._stack_id(span.frames))
                for span in segment.spans
            ],
        )

    def _stack_id(self, frames: tuple[Frame, ...]) -> int:
        key = tuple(self._frame_id(frame) for frame in frames)
        if key not in self._stacks:
            self._stacks[key] = len(self._stacks) + 1
            self._connection.execute("INSERT INTO stack VALUES (?, ?)", (self._stacks[key], json.dumps(key)))
        return self._stacks[key]

    def _frame_id(self, frame: Frame) -> int:
        if frame not in self._frames:
            self._frames[frame] = len(self._frames) + 1
            row = (self._frames[frame], frame.name, frame.file, frame.line)
            self._connection.execute("INSERT INTO frame VALUES (?, ?, ?, ?)", row)
        return self._frames[frame]


def create_empty(path: Path) -> None:
    """Create `path` as an empty file of mode 0600.

    Raises:
        SessionError: something is there, be it a link to nowhere, or it cannot be created there.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise SessionError(f"{path} exists; choose another name or delete it first") from None
    except OSError as error:
        raise SessionError(f"cannot create {path}: {error.strerror}; choose another folder") from error


def delete_files(path: Path) -> None:
    """Delete the session at `path` and what lies beside it: that first, as a journal without its file is no use."""
    for suffix in (*JOURNALS, "-shm", LOG, ""):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _with_inode(meta: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """`meta`, where it names a recorder, with the file that this one writes: a copy has another inode."""
    named = {"recorder": {**meta["recorder"], "inode": path.stat().st_ino}} if "recorder" in meta else {}
    return {**meta, **named}


def _empty_session(meta: Mapping[str, Any]) -> bytes:
    """A session without a record, as a file has it."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in schema.create_statements():
            connection.execute(statement)
        rows = [(key, json.dumps(value)) for key, value in {**meta, "horizon_ns": 0}.items()]
        connection.executemany(_SET_META, rows)
        return connection.serialize()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
