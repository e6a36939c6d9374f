"""Hostile session files: an honest one, changed in many ways."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import builder

from dlprof.session import schema

PAGE = 4096
TEXTS = (
    "",
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m\x9d8;;http://x\x9c",
    "\u202egnp.exe\u2066\u2069\u200f",
    "[bold red]markup[/] [@click=app.quit]x[/]",
    "a\nb\r\nc\x0b\x0c\x85\u2028\u2029",
    "\0nul",
    "\x1bPq\x1b",
    "12",
    "nan",
    "9" * 400,
    "\U0001f600" * 300,
    "e\u0301" * 2000,
    "x" * 70_000,
)
NUMBERS = (0, -1, 1, 2, 2**31, 2**53 + 1, 2**62, 2**63 - 1, -(2**63), 1e-320, 1e308, -1e308, 9e999, -9e999, 0.5)
CELLS: tuple[Any, ...] = (None, b"", b"\xff\xfe\x00", b"x" * 5000, *NUMBERS, *TEXTS)
PARTS = (
    *("null", "true", "0", "-1", "1.5", "NaN", "Infinity", "-Infinity", "1e999", "-1e308", "1" * 400, "1" * 5000),
    *(json.dumps(text) for text in TEXTS),
    *('"\\ud800"', '"\\u001b[2J\\u202e"', "[]", "{}", "[[]]", '{"a":{"b":[1,{"c":null}]}}', '{"\\u001b[2J":1}'),
    "[" * 500 + "]" * 500,
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 60 + "1" + "}" * 60,
    "[" + "0," * 60_000 + "0]",
)
HEADER = (
    *((16, 2), (18, 1), (19, 1), (20, 1), (21, 3), (24, 4), (28, 4), (32, 4), (36, 4), (40, 4), (44, 4), (52, 4)),
    *((56, 4), (60, 4), (64, 4), (68, 4), (92, 4), (96, 4)),
)
"""Where the fields of SQLite's header begin, and their bytes."""
TABLES = tuple(schema.TABLES)
JSON_CELLS = (("meta", "value"), ("event", "data"), ("stack", "frames"))
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"

Change = Callable[[random.Random, Path], None]


def honest(path: Path, turns: int = 8) -> Path:
    """A finished session of three lanes, with a row in every table."""
    writer = builder.new_writer(path)
    writer.add([*builder.beginning(), *builder.gpu_samples(), *builder.endings()])
    for index in range(turns):
        writer.add(builder.turn(index))
    writer.finish(100 * builder.SECOND)
    return path


def change(seed: int, path: Path) -> str:
    """Change the honest session at `path` as `seed` says; the name of the change."""
    chance = random.Random(seed)
    (made,) = chance.choices(list(CHANGES), weights=list(CHANGES.values()))
    with suppress(sqlite3.Error, OSError, ValueError, IndexError):  # two changes may not go together; the first stands
        for _ in range(1 if made in (rubbish_beside, damage_log, no_file) else chance.choice((1, 1, 1, 2, 3))):
            made(chance, path)
    return made.__name__


def flip_bytes(chance: random.Random, path: Path) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 2, 4, 8, 64))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    path.write_bytes(data)


def flip_structure(chance: random.Random, path: Path) -> None:
    """Bytes of page headers, cell pointers and the first bytes of cells, where the tree of pages is described."""
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 2, 4))):
        page = chance.randrange(max(len(data) // PAGE, 1)) * PAGE
        start = page + (100 if page == 0 else 0)
        kind = chance.randrange(3)
        if kind == 0:
            where = start + chance.randrange(12)
        elif kind == 1:
            where = start + 8 + chance.randrange(64)
        else:
            cell = int.from_bytes(data[start + 8 : start + 10], "big")
            where = page + min(cell + chance.randrange(24), PAGE - 1)
        data[min(where, len(data) - 1)] = chance.choice((0, 1, 2, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    path.write_bytes(data)


def claim_gigabytes(chance: random.Random, path: Path) -> None:
    """Cells whose first bytes say that they are huge."""
    data = bytearray(path.read_bytes())
    page = chance.randrange(1, max(len(data) // PAGE, 2)) * PAGE
    for index in range(chance.choice((1, 4, 40))):
        pointer = page + 8 + 2 * index
        cell = page + int.from_bytes(data[pointer : pointer + 2], "big") % PAGE
        claim = chance.choice((b"\x8f\xff\xff\xff\x7f", b"\x81\x80\x80\x80\x00", b"\xff" * 9, b"\x84\x80\x00"))
        data[cell : cell + len(claim)] = claim
    path.write_bytes(data[: len(data) // PAGE * PAGE])


def share_pages(chance: random.Random, path: Path) -> None:
    """Pages that stand for others too, or are their own children: trees without an end."""
    data = bytearray(path.read_bytes())
    pages = len(data) // PAGE
    for _ in range(chance.choice((1, 2, 8))):
        here, there = chance.randrange(1, pages), chance.randrange(1, pages)
        if chance.random() < 0.5:
            data[here * PAGE : (here + 1) * PAGE] = data[there * PAGE : (there + 1) * PAGE]
        else:
            children = b"".join((chance.randrange(1, pages + 1)).to_bytes(4, "big") + b"\x01" for _ in range(200))
            pointers = b"".join((1000 + 5 * i).to_bytes(2, "big") for i in range(200))
            head = b"\x05\x00\x00" + (200).to_bytes(2, "big") + (1000).to_bytes(2, "big") + b"\x00"
            page = (head + there.to_bytes(4, "big") + pointers).ljust(1000, b"\0") + children
            data[here * PAGE : (here + 1) * PAGE] = page.ljust(PAGE, b"\0")
    path.write_bytes(data)


def edit_header(chance: random.Random, path: Path) -> None:
    data = bytearray(path.read_bytes())
    where, size = chance.choice(HEADER)
    most = 256**size - 1
    value = chance.choice((0, 1, 2, 3, most, most // 2 + 1, chance.randrange(most + 1)))
    data[where : where + size] = min(value, most).to_bytes(size, "big")
    path.write_bytes(data)


def cut_off(chance: random.Random, path: Path) -> None:
    os.truncate(path, chance.choice((0, 1, 16, 99, 100, 512, PAGE, chance.randrange(path.stat().st_size))))


def lengthen(chance: random.Random, path: Path) -> None:
    """A file of up to 4 GB, most of it a hole."""
    os.truncate(path, chance.choice((2**20, 2**30, 2**32)))
    if chance.random() < 0.5:
        with path.open("r+b") as file:
            file.seek(28)
            file.write((path.stat().st_size // PAGE).to_bytes(4, "big"))


def edit_cells(chance: random.Random, path: Path) -> None:
    """A value of any type in any column, in one row or in all."""
    table = chance.choice(TABLES)
    with _edited(path) as connection:
        columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
        where = "" if chance.random() < 0.3 else f" LIMIT 1 OFFSET {chance.randrange(4)}"
        keys = "run, idx" if table in ("step", "turn") else "key" if table == "meta" else "id"
        rows = f"({keys}) IN (SELECT {keys} FROM {table}{where})"
        for column in chance.sample(columns, min(len(columns), chance.choice((1, 1, 2, 9)))):
            connection.execute(f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {rows}", (chance.choice(CELLS),))


def edit_json(chance: random.Random, path: Path) -> None:
    """A part of what lanes or the recorder told, replaced by another."""
    table, column = chance.choice(JSON_CELLS)
    with _edited(path) as connection:
        key = "key" if table == "meta" else "id"
        told = connection.execute(f"SELECT {key}, {column} FROM {table}").fetchall()
        for row, text in chance.sample(told, min(len(told), chance.choice((1, 1, 3, 30)))):
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (_other_json(chance, text), row))


def _other_json(chance: random.Random, text: Any) -> str | bytes:
    text = text if isinstance(text, str) else "{}"
    kind = chance.random()
    if kind < 0.15:
        return chance.choice((*PARTS, "", "{", '"', text[:-1], text + "x"))
    if kind < 0.2:
        return text.encode()[:-1] + b"\xff\xfe}"
    parts = list(re.finditer(r'"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d[\d.eE+-]*|true|false|null|\[[^][]*\]|\{[^{}]*\}', text))
    if not parts:
        return chance.choice(PARTS)
    part = chance.choice(parts)
    return text[: part.start()] + chance.choice(PARTS) + text[part.end() :]


def edit_rows(chance: random.Random, path: Path) -> None:
    """Rows missing, in another order, of runs that there are not, or of many."""
    table = chance.choice([name for name in TABLES if name != "meta"])
    with _edited(path) as connection:
        columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
        column = chance.choice(columns)
        statements = (
            f"DELETE FROM {table}",
            f"DELETE FROM {table} WHERE abs(random()) % 2",
            f"UPDATE OR IGNORE {table} SET {column} = -{column}",
            f"UPDATE OR IGNORE {table} SET {column} = {column} * {chance.choice((0, 2, 10**6, 10**12))}",
            f"UPDATE OR IGNORE {table} SET {column} = {column} + {chance.choice((1, 7, 10**9, 10**18))}",
            f"UPDATE OR IGNORE {table} SET {column} = abs(random()) % {chance.choice((3, 2**40, 2**62))}",
        )
        connection.execute(chance.choice(statements))


def many_rows(chance: random.Random, path: Path) -> None:
    """Thousands of rows of one kind: runs, lanes, tasks, events, stacks."""
    count = chance.choice((50, 999, 1500, 20_000))
    rows = f"{ENDLESS} INSERT OR REPLACE INTO {{}} FROM n LIMIT {count}"
    lanes = chance.choice(("'lane' || x % 31", "'lane' || x", "'torch'"))
    with _edited(path) as connection:
        into = chance.choice(("run", "event", "stack_span", "step", "turn", "meta"))
        columns = {
            "run": f"run SELECT x, {lanes}, 'f', NULL, 'm', 't' || x % 3, x, 'cpu', 1",
            "event": "event SELECT 100 + x, x, 1 + x % 3, 'status', '{\"status\": \"stepping\"}'",
            "stack_span": "stack_span SELECT x, x % 99, x, x, x, 1, 1 + x % 2",
            "step": "step SELECT 1 + x % 900, x, x * 1000, 1000, 1, 1, 1, 1, 0.5, 0, x / 20",
            "turn": "turn SELECT 1 + x % 3, x, x * 1000, x * 1000 + 1000, 0, 1, 0, 0, 0",
            "meta": "meta SELECT 'key' || x, '[]'",
        }
        connection.execute(rows.format(columns[into]))
        if into == "run":
            events = "event SELECT 1000 + x, 1, x, 'status', '{\"status\": \"stepping\"}'"
            steps = "step SELECT x % 1000, x / 1000, x * 1000, 1000 + x % 7, 1, 1, 1, 1, 0.5, 0, x / 4000"
            connection.execute(rows.format(events))
            connection.execute(f"{ENDLESS} INSERT OR REPLACE INTO {steps} FROM n LIMIT 20000")


def other_schema(chance: random.Random, path: Path) -> None:
    """Views, triggers, virtual tables, generated columns, indexes and the like in place of tables or beside them."""
    table = chance.choice(TABLES)
    columns = schema.TABLES[table]
    bare = columns.rpartition(")")[0]
    view = f"CREATE VIEW {table} AS {ENDLESS} SELECT x AS id, x AS run, x AS idx FROM n"
    statements = (
        f"DROP TABLE {table}",
        f"DROP TABLE {table}; {view}",
        f"ALTER TABLE {table} RENAME TO other; CREATE VIEW {table} AS SELECT * FROM other",
        f"DROP TABLE {table}; CREATE TABLE {table} {bare}, more AS (zeroblob(1000000)))",
        f"DROP TABLE {table}; CREATE TABLE {table} {bare}, CHECK (zeroblob(100000000) GLOB '*a*a*a*a*'))",
        f"DROP TABLE {table}; CREATE TABLE {table} (x)",
        f"DROP TABLE {table}; CREATE VIRTUAL TABLE {table} USING fts5(x)",
        f"DROP TABLE {table}; CREATE VIRTUAL TABLE {table} USING rtree(id, a, b)",
        f"DROP TABLE {table}; CREATE VIRTUAL TABLE {table} USING json_each",
        f"ALTER TABLE {table} ADD COLUMN more DEFAULT 'x'",
        "CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM run; END",
        f"CREATE INDEX i ON {table} (1 + 1)",
        f"CREATE TABLE more {columns}",
        "CREATE VIEW sqlite_autoindex AS SELECT 1",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'INTEGER', 'TEXT')",
        f"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 2 WHERE name = '{table}'",
        f"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = '{view}', type = 'view' WHERE name = '{table}'",
        f"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET name = 'sqlite_autoindex_x' WHERE name = '{table}'",
        f"PRAGMA user_version = {chance.choice((-1, 0, 1, 3, 2**31 - 1))}",
        "PRAGMA journal_mode = WAL",
        f"PRAGMA page_size = {chance.choice((512, 1024, 65536))}; VACUUM",
        "PRAGMA auto_vacuum = FULL; VACUUM",
        f"DELETE FROM {table}; PRAGMA freelist_count",
    )
    with _edited(path) as connection:
        connection.executescript(chance.choice(statements))


def other_encoding(chance: random.Random, path: Path) -> None:
    """The same session in UTF-16."""
    copy = path.with_suffix(".utf16")
    with closing(sqlite3.connect(path)) as connection, closing(sqlite3.connect(copy)) as other:
        other.execute("PRAGMA encoding = 'UTF-16'")
        other.executescript("\n".join(connection.iterdump()))
        other.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        other.execute(f"PRAGMA user_version = {schema.VERSION}")
    copy.replace(path)


def rubbish_beside(chance: random.Random, path: Path) -> None:
    """Something where SQLite would keep a log, a journal or an index of the log."""
    beside = Path(f"{path}{chance.choice(('-wal', '-wal', '-journal', '-shm'))}")
    if beside.exists() or beside.is_symlink():
        return
    if chance.random() < 0.5:
        with _edited(path) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    kind = chance.randrange(6)
    if kind == 0:
        beside.mkdir()
    elif kind == 1:
        os.mkfifo(beside)
    elif kind == 2:
        beside.symlink_to(chance.choice(("/dev/zero", str(beside), "/etc/passwd")))
    else:
        magic = (b"", b"\x37\x7f\x06\x82\x00\x2d\xe2\x18", b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7")[kind - 3]
        beside.write_bytes(magic + chance.randbytes(chance.choice((0, 32, 4120, 40_000))))


def damage_log(chance: random.Random, path: Path) -> None:
    """A session that is being recorded, whose log is cut off or changed."""
    copy = path.with_suffix(".live")
    writer = builder.new_writer(copy)
    writer.add(builder.beginning())
    for index in range(3):
        writer.add(builder.turn(index))
        writer.commit(100 * builder.SECOND)
    for suffix in ("", "-wal"):
        shutil.copy(f"{copy}{suffix}", f"{path}{suffix}")
    writer.discard()
    log = Path(f"{path}-wal")
    data = bytearray(log.read_bytes())
    for _ in range(chance.choice((0, 1, 9))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    log.write_bytes(data[: chance.choice((len(data), chance.randrange(len(data)), 32, 0))])


def no_file(chance: random.Random, path: Path) -> None:
    """Something else at the path of a session."""
    path.unlink()
    kind = chance.randrange(6)
    if kind == 0:
        path.mkdir()
    elif kind == 1:
        os.mkfifo(path)
    elif kind == 2:
        path.symlink_to(chance.choice(("/dev/zero", "/dev/tty", "/proc/self/mem", "/etc/passwd", "nowhere")))
    elif kind == 3:
        path.symlink_to(path)
    elif kind == 4:
        path.write_bytes(chance.randbytes(chance.choice((0, 10, 100, 5000))))


CHANGES: dict[Change, int] = {
    flip_bytes: 15,
    flip_structure: 15,
    claim_gigabytes: 5,
    share_pages: 5,
    edit_header: 5,
    cut_off: 4,
    lengthen: 1,
    edit_cells: 20,
    edit_json: 20,
    edit_rows: 8,
    many_rows: 1,
    other_schema: 5,
    other_encoding: 1,
    rubbish_beside: 3,
    damage_log: 2,
    no_file: 2,
}
"""Each change and its weight."""


@contextmanager
def _edited(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, to be changed without waiting for the disk."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")
        yield connection
        connection.commit()
