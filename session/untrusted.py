"""Opening of a session file as hostile input: it may not run anything, hang, or claim more than it holds."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

from dlprof.session import schema
from dlprof.session.errors import SessionError
from dlprof.session.text import clean_line

LONGEST = 1 << 20
"""Bytes of the longest text or blob in a session."""
_SECONDS = 1.5
_BYTES_PER_SECOND = 4 << 20
"""A reading may take _SECONDS of CPU time and what such a slow machine needs for the file. A damaged tree of pages can
be walked for ever."""
_HANDLER_OPERATIONS = 10_000
_BESIDE = ("-wal", "-journal", "-shm")
"""What SQLite opens next to a file of its own accord."""
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def check_header(path: Path) -> None:
    """Check, without SQLite, that `path` is a regular file that begins as a session does.

    Raises:
        SessionError: it does not.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            what = _kind(os.fstat(descriptor))
            header = b"" if what else os.read(descriptor, 100)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SessionError(f"cannot read {path}: {error.strerror}") from error
    if what:
        raise SessionError(f"{path} is {what}, not a dlprof session")
    if not header.startswith(b"SQLite format 3\0") or header[68:72] != schema.APPLICATION_ID.to_bytes(4, "big"):
        raise SessionError(f"{path} is not a dlprof session")
    for suffix in _BESIDE:
        beside = Path(f"{path}{suffix}")
        if os.path.lexists(beside) and not stat.S_ISREG(beside.lstat().st_mode):
            raise SessionError(f"{beside} is no file: remove it, or copy the session to another folder")


def other_than_file(path: Path) -> str | None:
    """What there is at `path` in the place of a file, such as `a folder`; None where there is a file, or nothing."""
    try:
        return _kind(path.stat())
    except (OSError, ValueError):  # too long for a name, or no name at all
        return None


def _kind(found: os.stat_result) -> str | None:
    kind = stat.S_IFMT(found.st_mode)
    return None if kind == stat.S_IFREG else _KINDS.get(kind, "no file")


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, open read-only; what SQLite and bad values raise becomes one line about the file.

    Raises:
        SessionError: it is damaged, or not a session of a version that is known.
    """
    deadline = time.thread_time() + _SECONDS + _size(path) / _BYTES_PER_SECOND
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=5, isolation_level=None)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
            connection.set_progress_handler(lambda: int(time.thread_time() > deadline), _HANDLER_OPERATIONS)
            for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
                connection.execute(f"PRAGMA {pragma}")
            yield connection
    except (sqlite3.Error, ValueError, TypeError, KeyError, OverflowError, RecursionError, OSError) as error:
        if "readonly" in str(error) and Path(f"{path}-journal").exists():
            raise SessionError(
                f"{path} was cut off in a write: sqlite3 {path} 'PRAGMA quick_check' mends it"
            ) from error
        raise SessionError(f"{path} is damaged or cut off ({_damage(error)}); nothing can be read from it") from error


def version(connection: sqlite3.Connection, path: Path) -> int:
    """The version of the session's format.

    Raises:
        SessionError: it is a newer one, or the tables are not those of its version, word for word: a view, a trigger, a
            virtual table or a generated column would run what its author wrote.
    """
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > schema.VERSION:
        raise SessionError(
            f"{path} has session format {found}, this dlprof reads up to {schema.VERSION}: upgrade dlprof"
        )
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema LIMIT 1000").fetchall()
    own = {(kind, name, _plain(str(sql))) for kind, name, sql in rows if not str(name).startswith("sqlite_autoindex_")}
    if own != {("table", name, _plain(sql)) for name, sql in schema.statements(found).items()}:
        raise SessionError(f"{path} does not have the tables of a session: damaged, or not made by dlprof")
    return found


@contextmanager
def pages_checked(path: Path) -> Iterator[None]:
    """Check, while something else is done, that each page of the file is in one place: then it cannot hold more rows
    than bytes. SQLite does it without the interpreter, on a core of its own.

    Raises:
        SessionError: it is damaged.
    """
    problems: list[SessionError] = []
    beside = Thread(target=_check_pages, args=(path, problems))
    beside.start()
    try:
        yield
    finally:
        beside.join()
    if problems:
        raise problems[0]


def _check_pages(path: Path, problems: list[SessionError]) -> None:
    try:
        with opened(path) as connection:
            (problem,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if problem != "ok":
                raise sqlite3.DatabaseError(str(problem))
    except SessionError as error:
        problems.append(error)


def _damage(error: Exception) -> str:
    """What is wrong with a file, in its reader's words and not in SQLite's."""
    said = clean_line(str(error), 200)
    if "malformed" in said or "not a database" in said or said.startswith(("***", "Tree ", "Freelist:", "Page ")):
        return "its pages do not fit together"
    if said == "interrupted":
        return "reading it comes to no end"
    return said


def _plain(sql: str) -> str:
    """Without what SQLite lets differ: quotes around a name and spaces."""
    return re.sub(r"\s+", "", sql.replace('"', ""))


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in (path, Path(f"{path}-wal")) if file.exists())
