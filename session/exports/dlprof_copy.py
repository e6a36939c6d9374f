"""A session as another session file: a plain copy, or one to hand out. Both without what SQLite left in free pages."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from dlprof.session import rows, told
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.redaction import Private, Redactor, found_in, private, texts_in, together
from dlprof.session.text import clean_line
from dlprof.session.writer import create_empty, delete_files

KEPT = frozenset(
    {
        ("meta", "key"),
        ("run", "framework"),
        ("run", "backend"),
        ("run", "mode"),
        ("stack", "frames"),
        ("device_load", "throttle"),
        ("event", "kind"),
    }
)
"""Columns whose texts are words of dlprof's own. Those of every other column are redacted, also of one yet to come."""
KEPT_META = frozenset({"id", "started_at", "schedule", "horizon_ns", "complete"})
KEPT_FACTS = frozenset({"status", "stream", "clocks", "format", "needs"})
"""Keys in an event's data whose values are words of dlprof's own."""


def plain_copy(source: Path, target: Path) -> None:
    """Copy the session at `source`, as it is now, into `target`, a new file of mode 0600.

    The copy of a session that is being recorded has no recorder, as nobody goes on with it.

    Raises:
        SessionError: `source` is no session or is damaged; `target` exists or cannot be written.
    """
    with _in_memory(source) as copy:
        _write(copy, target)


def redacted_copy(source: Path, target: Path, known: Private) -> None:
    """As `plain_copy`, without names of hosts and users (those `known`, and those found), paths, and outputs.

    Every number is the same, and so is the `id` that all copies of a recording have. Of a path the part is left that
    tells what the code is: see `Redactor`.

    Raises:
        SessionError: as of `plain_copy`.
    """
    said = SessionReader(source).meta()
    machine, recorder = said.get("machine"), said.get("recorder")
    hosts = [entry.get("host") for entry in (machine, recorder) if isinstance(entry, dict)]
    with _in_memory(source) as copy:
        found = found_in(text for value in _values(copy) for text in texts_in(value))
        everything = together(private([host for host in hosts if isinstance(host, str)], [], []), known, found)
        _redact(copy, Redactor(everything))
        _write(copy, target)


@contextmanager
def _in_memory(source: Path) -> Iterator[sqlite3.Connection]:
    """The session at `source` in memory, where it can be changed and no disk keeps what it was."""
    SessionReader(source)  # nothing but the tables of a session: no view or trigger that could run
    try:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
            with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as original:
                original.backup(copy)
            for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "secure_delete = ON", "temp_store = MEMORY"):
                copy.execute(f"PRAGMA {pragma}")
            copy.execute("DELETE FROM meta WHERE key = 'recorder'")
            yield copy
    except (sqlite3.Error, ValueError, RecursionError) as error:
        raise SessionError(f"cannot copy {source}: {clean_line(str(error), 200)}; it may be damaged") from error


def _write(copy: sqlite3.Connection, target: Path) -> None:
    create_empty(target)
    try:
        copy.execute("VACUUM INTO ?", (str(target.absolute()),))
    except BaseException as error:
        delete_files(target)
        if isinstance(error, sqlite3.Error):
            raise SessionError(f"cannot write {target}: {clean_line(str(error), 200)}") from error
        raise


def _redact(copy: sqlite3.Connection, redactor: Redactor) -> None:
    copy.create_function("redacted_meta", 2, lambda key, text: _meta(redactor, key, text), deterministic=True)
    copy.create_function("redacted_event", 2, lambda kind, text: _event(redactor, kind, text), deterministic=True)
    copy.create_function("redacted_file", 1, lambda text: redactor.file(_text(text)), deterministic=True)
    copy.create_function("redacted_name", 1, lambda text: redactor.name(_text(text)), deterministic=True)
    copy.create_function("redacted", 1, lambda text: redactor.text(_text(text)), deterministic=True)
    for table, column in _columns(copy):
        copy.execute(
            f"UPDATE {table} SET {column} = {_REDACTED.get((table, column), f'redacted({column})')} "
            f"WHERE typeof({column}) IN ('text', 'blob')"
        )
    copy.execute("INSERT OR REPLACE INTO meta VALUES ('redacted', 'true')")


_REDACTED = {
    ("meta", "value"): "redacted_meta(key, value)",
    ("event", "data"): "redacted_event(kind, data)",
    ("frame", "file"): "redacted_file(file)",
    ("frame", "name"): "redacted_name(name)",
}


def _columns(copy: sqlite3.Connection) -> list[tuple[str, str]]:
    """The table and name, both ready for SQL, of each column that is not KEPT."""
    tables = [name for (name,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    found = [(table, row[1]) for table in tables for row in copy.execute(f"PRAGMA table_info({table})")]
    if not all(column.isidentifier() for _, column in found):
        raise ValueError("a column has a name that dlprof does not give")
    return [column for column in found if column not in KEPT]


def _values(copy: sqlite3.Connection) -> Iterator[Any]:
    """Every value that is going to be redacted and can hold text."""
    for table, column in _columns(copy):
        as_json = (table, column) in (("meta", "value"), ("event", "data"))
        for (text,) in copy.execute(f"SELECT DISTINCT {column} FROM {table} WHERE typeof({column}) = 'text'"):
            with rows.reading(table, column):
                yield told.parsed(text) if as_json else text


def _meta(redactor: Redactor, key: str, text: Any) -> str:
    return _text(text) if key in KEPT_META else json.dumps(redactor.value(json.loads(_text(text))))


def _event(redactor: Redactor, kind: str, text: Any) -> str:
    data = json.loads(_text(text))
    if not isinstance(data, dict):
        return json.dumps(redactor.value(data))
    redacted = {key: value if key in KEPT_FACTS else redactor.value(value) for key, value in data.items()}
    if kind == "output" and isinstance(data.get("tail"), str):
        redacted["tail"] = f"[{len(data['tail'])} characters]"
    return json.dumps(redacted)


def _text(value: Any) -> str:
    """Bytes are no text of dlprof's, and nobody can say what they tell."""
    return value if isinstance(value, str) else "[bytes]"
