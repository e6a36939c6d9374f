"""Copies of sessions; what is private in them is looked for in the bytes of the file."""

import os
import platform
import pwd
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import builder
import pytest

from dlprof.session import schema, store
from dlprof.session.errors import SessionError
from dlprof.session.exports.dlprof_copy import KEPT, plain_copy, redacted_copy
from dlprof.session.file import SessionReader
from dlprof.session.liveness import own_entry
from dlprof.session.records import DeviceMemory, Event, Frame, Run, StackSegment, StackSpan
from dlprof.session.redaction import of_this_machine, private
from dlprof.session.writer import SessionWriter

SECRETS = ("zacharias", "Zachäus", "qnode42", "geheim-ordner", "innerlab", "sesame", "cafe0000")
KNOWN = private(["qnode42.innerlab.example"], ["zacharias"], ["/home/zacharias"])
TRACEBACK = """Traceback (most recent call last):
  File "/home/zacharias/geheim-ordner/a b/train.py", line 3, in zacharias_main
    open("../geheim-ordner/x")"""
GPU = "GPU-cafe0000-2222-3333-4444-555555555555"


def secret_session(path: Path) -> SessionWriter:
    writer = builder.new_writer(
        path,
        name="zacharias-1",
        note="on qnode42, of Zachäus",
        machine={"host": "qnode42.innerlab.example", "gpus": [{"uuid": GPU, "name": "H100"}]},
        recorder={**own_entry(), "host": "qnode42.innerlab.example"},
    )
    writer.add([*builder.beginning(), *builder.turn(0), *builder.turn(1), *builder.gpu_samples()])
    frames = (
        Frame("zacharias.train", "/home/zacharias/geheim-ordner/zacharias_train.py", 7),
        Frame("<module>", "torch/optim/adam.py", 8),
        Frame("loads", "/home/zacharias/geheim-ordner/lib/python3.11/json/__init__.py", 9),
    )
    span = StackSpan(1, 5, 6, 1, True, frames)
    writer.add(
        [
            Run(9, "zacharias", "torch", None, "default", "/home/Zachäus/geheim-ordner/task.py", 0, "cpu", 3),
            StackSegment(1, 7, 20, 6, 0, "py-spy of /home/zacharias/geheim-ordner failed", (span,)),
            DeviceMemory(8, GPU, 10, 100, "of qnode42"),
            Event(9, 1, "described", {"interpreter": "/home/zacharias/geheim-ordner/bin/python", "x": 1.25}),
            Event(9, 1, "error", {"type": "E", "message": "no '/home/Zachäus/geheim-ordner'", "traceback": TRACEBACK}),
            Event(9, 1, "output", {"stream": "stderr", "tail": "open sesame " * 500}),
            Event(9, 1, "status", {"status": "stepping", "cause": "-I/home/zacharias/geheim-ordner/include"}),
        ]
    )
    writer.commit(50 * builder.SECOND)
    return writer


@pytest.fixture
def source(tmp_path: Path) -> Path:
    secret_session(tmp_path / "a.dlprof").finish(50 * builder.SECOND)
    return tmp_path / "a.dlprof"


def rows(path: Path, table: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


def numbers(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that is no text, and the texts' places."""
    return {
        table: [tuple("text" if isinstance(cell, str) else cell for cell in row) for row in rows(path, table)]
        for table in schema.TABLES
        if table != "meta"
    }


def secrets_in(path: Path) -> list[str]:
    data = path.read_bytes().lower()
    written = [(secret, form) for secret in SECRETS for form in (secret, secret.replace("ä", "\\u00e4"))]
    return [secret for secret, form in written if form.lower().encode() in data]


def test_the_numbers_are_the_same_and_the_secrets_gone(tmp_path: Path, source: Path) -> None:
    assert set(secrets_in(source)) == set(SECRETS)
    target = tmp_path / "b.dlprof"
    redacted_copy(source, target, private([], [], []))
    assert secrets_in(target) == []
    assert numbers(target) == numbers(source)
    redacted_copy(source, tmp_path / "c.dlprof", KNOWN)
    assert numbers(tmp_path / "c.dlprof") == numbers(source)
    events = {event.kind: event.data for event in SessionReader(target).history().runs[0].events}
    assert events["output"]["tail"] == "[6000 characters]"
    assert events["described"] == {"interpreter": "python", "x": 1.25}
    assert events["error"]["message"] == "no '[path]'"
    assert events["error"]["traceback"].splitlines()[1:] == [
        '  File "train.py", line 3, in user_main',
        '    open("[path]")',
    ]
    assert events["status"] == {"status": "stepping", "cause": "-I[path]"}


def test_what_is_useful_stays(tmp_path: Path, source: Path) -> None:
    redacted_copy(source, tmp_path / "b.dlprof", KNOWN)
    reader = SessionReader(tmp_path / "b.dlprof")
    history, meta = reader.history(), reader.meta()
    frames = history.runs[0].segments[-1].spans[0].frames
    assert [(frame.name, frame.file, frame.line) for frame in frames] == [
        ("user.train", "user_train.py", 7),
        ("<module>", "torch/optim/adam.py", 8),
        ("loads", "lib/python3.11/json/__init__.py", 9),
    ]
    assert meta["machine"] == {"host": "host", "gpus": [{"uuid": "GPU-1", "name": "H100"}]}
    assert history.devices[-1].device == "GPU-1"
    assert history.runs[0].clocks == SessionReader(source).history().runs[0].clocks
    assert meta["settings"] == SessionReader(source).meta()["settings"]
    assert "recorder" not in meta
    assert store.summary(tmp_path / "b.dlprof").complete


def test_a_copy_of_a_session_that_is_being_recorded(tmp_path: Path) -> None:
    writer = secret_session(tmp_path / "a.dlprof")
    assert Path(f"{writer.path}-wal").stat().st_size > 0
    for make in (lambda s, t: redacted_copy(s, t, KNOWN), plain_copy):
        target = tmp_path / "b.dlprof"
        make(writer.path, target)
        assert numbers(target) == numbers(writer.path)
        assert store.summary(target).state == "unfinished"
        assert [path.name for path in tmp_path.glob("b*")] == ["b.dlprof"]
        target.unlink()
    writer.finish(60 * builder.SECOND)


def test_free_pages_are_not_copied(tmp_path: Path, source: Path) -> None:
    with closing(sqlite3.connect(source, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("DELETE FROM event WHERE kind = 'output'")
    assert "sesame" in secrets_in(source)
    with closing(sqlite3.connect(source)) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone()[0] > 0
    plain_copy(source, tmp_path / "b.dlprof")
    assert (tmp_path / "b.dlprof").read_bytes().count(b"open sesame") == 0


def test_a_plain_copy_says_the_same(tmp_path: Path, source: Path) -> None:
    plain_copy(source, tmp_path / "b.dlprof")
    for table in schema.TABLES:
        kept = [row for row in rows(source, table) if row[0] != "recorder"]
        assert rows(tmp_path / "b.dlprof", table) == kept
    assert (tmp_path / "b.dlprof").stat().st_mode & 0o777 == 0o600


def test_an_older_session_stays_one(tmp_path: Path, source: Path) -> None:
    with closing(sqlite3.connect(source, isolation_level=None)) as connection:
        for name in schema.SINCE_2[""]:
            connection.execute(f"DROP TABLE {name}")
        for table, columns in schema.SINCE_2.items():
            for column in columns if table else ():
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 1")
    redacted_copy(source, tmp_path / "b.dlprof", KNOWN)
    assert secrets_in(tmp_path / "b.dlprof") == []
    assert len(SessionReader(tmp_path / "b.dlprof").history().runs) == len(SessionReader(source).history().runs)


def test_texts_and_bytes_in_any_column_are_redacted(tmp_path: Path, source: Path) -> None:
    with closing(sqlite3.connect(source, isolation_level=None)) as connection:
        connection.execute("UPDATE host_memory SET uss = '/home/zacharias/geheim-ordner'")
        connection.execute("UPDATE stack_segment SET reason = CAST('sesame' AS BLOB)")
    redacted_copy(source, tmp_path / "b.dlprof", KNOWN)
    assert secrets_in(tmp_path / "b.dlprof") == []


def test_every_column_that_is_kept_is_one_of_the_schema() -> None:
    columns = {(table, match[1]) for table, sql in schema.TABLES.items() for match in re.finditer(r"(\w+) TEXT", sql)}
    assert columns >= KEPT


def test_the_names_of_this_machine_are_not_in_a_copy_made_here(tmp_path: Path) -> None:
    user, host = pwd.getpwuid(os.getuid()), platform.node()
    writer = builder.new_writer(tmp_path / "a.dlprof", note=f"of {user.pw_name} on {host}, in {user.pw_dir}/x")
    writer.finish(1)
    redacted_copy(tmp_path / "a.dlprof", tmp_path / "b.dlprof", of_this_machine())
    note = SessionReader(tmp_path / "b.dlprof").meta()["note"]
    assert note == f"of {'root' if user.pw_name == 'root' else 'user'} on host, in [path]"


@pytest.mark.parametrize("change", ["UPDATE event SET data = '[1'", "UPDATE meta SET value = x'00'"])
def test_a_damaged_session_is_one_line_and_leaves_nothing(tmp_path: Path, source: Path, change: str) -> None:
    with closing(sqlite3.connect(source, isolation_level=None)) as connection:
        connection.execute(change)
    with pytest.raises(SessionError, match="damaged"):
        redacted_copy(source, tmp_path / "b.dlprof", KNOWN)
    assert not (tmp_path / "b.dlprof").exists()


def test_what_exists_is_not_written_over(tmp_path: Path, source: Path) -> None:
    (tmp_path / "b").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "new")
    for name in ("b", "link", "no/such/folder"):
        with pytest.raises(SessionError, match=r"exists|cannot create"):
            plain_copy(source, tmp_path / name)
    assert (tmp_path / "b").read_text() == "mine"
    assert not (tmp_path / "new").exists()
