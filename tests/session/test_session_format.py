"""docs/session-format.md says what is in the file, and its queries find what the reader finds."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import builder
import numpy as np
import pytest

from dlprof.session.file import SessionReader
from dlprof.session.records import Record, Turn
from dlprof.session.stacks import time_on_top
from dlprof.session.statistics import samples_per_second

TEXT = (Path(__file__).parents[2] / "docs" / "session-format.md").read_text(encoding="utf-8")


def written(path: Path) -> Path:
    writer = builder.new_writer(path)
    writer.add(builder.beginning())
    for index in range(4):
        writer.add([_disturbed(record) for record in builder.turn(index)])
    writer.add(builder.endings())
    writer.finish(100 * builder.SECOND)
    return path


def _disturbed(record: Record) -> Record:
    """Keras' last turn had half a core less."""
    if isinstance(record, Turn) and (record.run, record.index) == (3, 3):
        return replace(record, others_cpu_ns=(record.end_ns - record.start_ns) // 2)
    return record


def test_the_queries_of_the_documentation_find_what_the_reader_finds(tmp_path: Path) -> None:
    path = written(tmp_path / "a.dlprof")
    queries = [part.split("```")[0] for part in TEXT.split("```sql")[1:]]
    with closing(sqlite3.connect(path)) as connection:
        means, medians, slowest, memory, functions, disturbed, wrong = (
            connection.execute(query).fetchall() for query in queries
        )
    runs = SessionReader(path).history().runs
    counted = {run.run.lane: run.steps.counted for run in runs}
    totals = {lane: steps.column("total_ns") / builder.MS for lane, steps in counted.items()}
    assert [(lane, steps, pytest.approx(total)) for lane, _, steps, total, *_ in means] == [
        (lane, len(steps), steps.mean()) for lane, steps in totals.items()
    ]
    assert [(lane, pytest.approx(ms), pytest.approx(rate)) for lane, _, ms, rate in medians] == [
        (lane, np.median(steps), samples_per_second(counted[lane], 128)) for lane, steps in totals.items()
    ]
    assert [(lane, ms) for lane, *_, ms in slowest] == [(lane, steps.max()) for lane, steps in totals.items()]
    assert [(lane, mib) for lane, _, mib, _ in memory] == [(lane, 100) for lane in totals]
    assert [(lane, name, pytest.approx(seconds)) for lane, name, _, seconds in functions] == [
        (run.run.lane, frame.name, ns / builder.SECOND)
        for run in reversed(runs)
        for frame, ns in time_on_top(run.segments).items()
    ]
    assert disturbed == [("keras", "mnist-mlp", 3, 0.5)]
    assert [(lane, status) for lane, _, status, _ in wrong] == [("tensorflow", "failed"), ("keras", "killed")]


def test_the_documentation_names_every_column(tmp_path: Path) -> None:
    rows = {line.split("`")[1]: line for line in TEXT.splitlines() if line.startswith("| `")}
    with closing(sqlite3.connect(written(tmp_path / "a.dlprof"))) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for _, column, *_ in connection.execute(f"PRAGMA table_info({table})"):
                assert f"`{column}`" in rows[table], f"{table}.{column}"
