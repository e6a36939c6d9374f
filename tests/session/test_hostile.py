"""Hostile session files: a small share of what benchmarks/bench_fuzz.py goes through, and files made on purpose."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import hostile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seen import look

from dlprof.session import schema, told
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader

FEW = settings(max_examples=60, deadline=None, derandomize=True, database=None)
CELL = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.binary(max_size=64),
    st.text(max_size=64),
    st.sampled_from(hostile.TEXTS),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(hostile.TEXTS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


COLUMNS = [
    (table, column.split()[0])
    for table, columns in schema.TABLES.items()
    for column in columns[1:].split(", PRIMARY")[0].split(",")
]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile.honest(tmp_path_factory.mktemp("honest") / "a.dlprof")


def copy(honest: Path) -> Path:
    path = honest.with_name("copy.dlprof")
    shutil.copy(honest, path)
    return path


def execute(path: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement, values)
        connection.commit()


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_changed_at_random(tmp_path: Path, honest: Path, first: int) -> None:
    for seed in range(first, first + 50):
        folder = tmp_path / str(seed)
        folder.mkdir()
        shutil.copy(honest, folder / "a.dlprof")
        hostile.change(seed, folder / "a.dlprof")
        look(folder / "a.dlprof")


@FEW
@given(column=st.sampled_from(COLUMNS), cell=CELL)
def test_any_value_in_any_column(honest: Path, column: tuple[str, str], cell: Any) -> None:
    path, (table, name) = copy(honest), column
    with suppress(sqlite3.IntegrityError):  # SQLite itself keeps the keys whole numbers
        execute(path, f"UPDATE OR IGNORE {table} SET {name} = ?", cell)
    look(path)


@FEW
@given(kind=st.sampled_from(sorted(told.EVENTS)), data=JSON, key=st.data())
def test_anything_told_in_any_event(honest: Path, kind: str, data: Any, key: st.DataObject) -> None:
    path, names = copy(honest), sorted(told.EVENTS[kind])
    fields = {name: key.draw(JSON) for name in names} if key.draw(st.booleans()) else data
    execute(path, "UPDATE event SET data = ? WHERE kind = ?", json.dumps(fields), kind)
    look(path)


@FEW
@given(name=st.sampled_from(sorted(told.DESCRIPTION)), value=JSON)
def test_anything_in_the_description(honest: Path, name: str, value: Any) -> None:
    path = copy(honest)
    execute(path, "UPDATE meta SET value = ? WHERE key = ?", json.dumps(value), name)
    look(path)


@FEW
@given(flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=8))
def test_any_bytes_changed(honest: Path, flips: list[tuple[int, int]]) -> None:
    path = copy(honest)
    data = bytearray(path.read_bytes())
    for where, byte in flips:
        data[where % len(data)] = byte
    path.write_bytes(data)
    look(path)


@pytest.mark.parametrize(
    "statements",
    [
        f"DROP TABLE step; CREATE VIEW step AS {hostile.ENDLESS} SELECT x AS run, x AS idx FROM n",
        "DROP TABLE turn; CREATE TABLE turn (run, idx, start_ns AS (zeroblob(1000000000)))",
        "DROP TABLE event; CREATE VIRTUAL TABLE event USING fts5(id, t_ns, run, kind, data)",
        "CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM step; END",
        "CREATE INDEX i ON run (zeroblob(1000000) || lane)",
        "DROP TABLE run",
    ],
)
def test_no_word_of_another_author_is_run(honest: Path, statements: str) -> None:
    path = copy(honest)
    with closing(sqlite3.connect(path)) as connection:
        try:
            connection.executescript(statements)
        except sqlite3.OperationalError as error:
            pytest.skip(str(error))
    with pytest.raises(SessionError, match="tables of a session"):
        SessionReader(path)


def test_a_page_that_stands_for_many_is_no_way_to_hold_more_than_bytes(honest: Path) -> None:
    path = copy(honest)
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'event'").fetchone()
        (leaf,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'stack'").fetchone()
    data = bytearray(path.read_bytes())
    pointers = b"".join((1000 + 5 * i).to_bytes(2, "big") for i in range(200))
    page = (
        b"\x05\0\0" + (200).to_bytes(2, "big") + (1000).to_bytes(2, "big") + b"\0" + leaf.to_bytes(4, "big") + pointers
    )
    page = page.ljust(1000, b"\0") + b"".join(leaf.to_bytes(4, "big") + bytes([i % 127]) for i in range(200))
    data[(root - 1) * hostile.PAGE : root * hostile.PAGE] = page.ljust(hostile.PAGE, b"\0")
    path.write_bytes(data)
    assert "is damaged or cut off (its pages do not fit together); nothing can be read" in look(path)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (
            "UPDATE event SET data = '{\"status\": \x1b[31m}' WHERE kind = 'status'",
            "table event, data of status: unreadable",
        ),
        ('UPDATE event SET data = \'{"x": "\x1b"}\'', "unreadable from character 8 on"),
        ("UPDATE event SET data = 'nan'", "unreadable from character 1 on"),
        ("UPDATE event SET t_ns = 'soon'", "table event, t_ns or run: not a whole number"),
        ("UPDATE meta SET value = 'nan' WHERE key = 'machine'", "table meta, machine: unreadable"),
        ("UPDATE step SET total_ns = 1.5", "table step, total_ns: "),
        ("UPDATE step SET start_ns = 4611686018427387904", "table step, start_ns: "),
        ("UPDATE turn SET end_ns = 'x'", "table turn, end_ns: not a whole number"),
        ("UPDATE host_memory SET rss = 4611686018427387904", "table host_memory, rss: too large a number"),
        ("UPDATE run SET lane = x'00'", "table run, lane: not a text"),
        ("UPDATE stack SET frames = '[1'", "table stack, frames: unreadable"),
        ("UPDATE stack_segment SET hz = 'x'", "table stack_segment, hz: not a whole number"),
        ("UPDATE stack_span SET t_ns = 'x'", "table stack_span, a number: not a whole number"),
    ],
)
def test_what_is_damaged_is_named_in_words(honest: Path, change: str, place: str) -> None:
    path = copy(honest)
    execute(path, change)
    with pytest.raises(SessionError) as refused:
        SessionReader(path).history()
    assert place in str(refused.value)
    assert "JSON" not in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("kind", ["fifo", "folder", "endless", "loop", "socket"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.dlprof"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "endless":
        path.symlink_to("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path)
    else:
        os.mknod(path, 0o600 | stat.S_IFSOCK)
    assert "a.dlprof" in look(path)


@pytest.mark.parametrize("suffix", ["-wal", "-journal", "-shm"])
def test_what_is_no_file_beside_it_is_not_opened(honest: Path, suffix: str) -> None:
    path = copy(honest)
    beside = Path(f"{path}{suffix}")
    os.mkfifo(beside)
    try:
        assert "is no file" in look(path)
    finally:
        beside.unlink()


def test_more_lanes_than_can_be_compared(honest: Path) -> None:
    path = copy(honest)
    columns = "100 + x, 'lane' || x, 'f', NULL, 'm', 't', 0, 'cpu', 1"
    execute(path, f"{hostile.ENDLESS} INSERT INTO run SELECT {columns} FROM n LIMIT 100")
    assert "32 lanes" in look(path)
