import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any, BinaryIO

import builder
import numpy as np
import pandas
import pyarrow.parquet
import pytest

from dlprof.session.errors import SessionError
from dlprof.session.exports.csv_files import write_csv
from dlprof.session.exports.excerpt import excerpt
from dlprof.session.exports.parquet_files import write_parquet
from dlprof.session.exports.tables import Table, tables
from dlprof.session.history import STEP_CLASSES, RunHistory, SessionHistory
from dlprof.session.records import PHASES
from dlprof.session.report.figures import frame_text

Frames = dict[str, Any]
"""A pandas.DataFrame by the name of each table; their types say too little of what a cell is."""


def from_csv(session: SessionHistory) -> Frames:
    return {name: pandas.read_csv(file, dtype_backend="pyarrow") for name, file in files(session, write_csv)}


def from_parquet(session: SessionHistory) -> Frames:
    return {name: pyarrow.parquet.read_table(file).to_pandas() for name, file in files(session, write_parquet)}


def files(session: SessionHistory, write: Callable[[Table, BinaryIO], None]) -> Iterator[tuple[str, BinaryIO]]:
    for table in tables(session):
        file = io.BytesIO()
        write(table, file)
        file.seek(0)
        yield table.name, file


@pytest.fixture(params=[from_csv, from_parquet])
def frames(request: pytest.FixtureRequest, session: SessionHistory) -> Frames:
    return request.param(session)


def assert_same(frame: Any, column: str, expected: list[Any]) -> None:
    for cell, value in zip_longest(frame[column].tolist(), expected):
        assert (pandas.isna(cell) and value is None) or cell == value, column


def with_run(session: SessionHistory, records: Callable[[RunHistory], Any]) -> list[tuple[RunHistory, Any]]:
    return [(run, record) for run in session.runs for record in records(run)]


def test_every_step_with_its_numbers(session: SessionHistory, frames: Frames) -> None:
    frame = frames["steps"]
    lanes = [run.run.lane for run in session.runs for _ in range(len(run.steps))]
    assert_same(frame, "lane", lanes)
    assert_same(frame, "class", [STEP_CLASSES[place] for run in session.runs for place in run.steps.classes])
    names = {"step": "index", **{name: name for name in ("turn", "start_ns", "total_ns", "loss")}}
    for column, name in {**names, **{f"{phase}_ns": f"{phase}_ns" for phase in PHASES}}.items():
        values = [value for run in session.runs for value in run.steps.column(name)]
        assert_same(frame, column, [None if np.isnan(value) else value for value in values])
    counted = frame[frame["class"] == "counted"]
    means = counted.groupby("lane")["total_ns"].mean()
    for run in session.runs:
        assert means[run.run.lane] == pytest.approx(run.steps.counted.column("total_ns").mean())


def test_every_run_and_the_session(session: SessionHistory, frames: Frames) -> None:
    frame = frames["runs"]
    assert [str(version) for version in frame["framework_version"]] == ["1.0"] * 3
    assert_same(frame, "parameters", [101770] * 3)
    assert_same(frame, "backend", [None] * 3)
    assert_same(frame, "status", [run.status for run in session.runs])
    assert_same(frame, "forward_clock", ["host"] * 3)
    described = frames["session"]
    assert dict(zip(described["key"], map(json.loads, described["value"]), strict=True)) == session.meta


RECORDS = [
    ("turns", lambda run: run.turns, {"turn": "index", **{n: n for n in ("start_ns", "end_ns", "waited", "sampled")}}),
    ("turns", lambda run: run.turns, {"steal_ns": "steal_ns"}),
    ("probes", lambda run: run.probes, {name: name for name in ("t_ns", "forward_ns", "backward_ns")}),
    ("host_memory", lambda run: run.host, {"t_ns": "t_ns", "rss_bytes": "rss", "uss_bytes": "uss", "pss_bytes": "pss"}),
    ("allocator_memory", lambda run: run.allocator, {"allocated_bytes": "allocated", "reason": "reason"}),
    ("process_memory", lambda run: run.gpu, {"device": "device", "used_bytes": "used", "reason": "reason"}),
    ("stack_segments", lambda run: run.segments, {"stored_ns": "stored_ns", "covered_ns": "covered_ns", "hz": "hz"}),
]


@pytest.mark.parametrize(("table", "records", "columns"), RECORDS)
def test_every_record_of_a_run(
    session: SessionHistory,
    frames: Frames,
    table: str,
    records: Callable[[RunHistory], Any],
    columns: dict[str, str],
) -> None:
    found = with_run(session, records)
    assert_same(frames[table], "lane", [run.run.lane for run, _ in found])
    for column, attribute in columns.items():
        assert_same(frames[table], column, [getattr(record, attribute) for _, record in found])


def test_stacks_devices_and_events(session: SessionHistory, frames: Frames) -> None:
    spans = [span for run in session.runs for segment in run.segments for span in segment.spans]
    assert_same(frames["stacks"], "duration_ns", [span.duration_ns for span in spans])
    assert_same(frames["stacks"], "frame", [frame_text(span.frames[-1]) for span in spans])
    assert frames["stacks"]["stack"][0] == "<module> (main.py:1);train (loop.py:7)"
    assert_same(frames["device_memory"], "used_bytes", [10])
    assert_same(frames["device_load"], "utilization", [0.5])
    events = frames["events"]
    assert len(events) == len(session.events) + sum(len(run.events) for run in session.runs)
    assert_same(events, "lane", [None, *(run.run.lane for run in session.runs for _ in run.events)])
    assert json.loads(events["data"][0]) == {"what": "gpu memory", "reason": "no driver"}


def test_excerpts_that_adjoin_hold_every_record_once(session: SessionHistory) -> None:
    cuts = [0, 4 * builder.SECOND, 7 * builder.SECOND + 5 * builder.MS, session.horizon_ns]
    parts = [from_csv(excerpt(session, start, end)) for start, end in pairwise(cuts)]
    whole = from_csv(session)
    for name in set(whole) - {"session", "runs", "events", "stack_segments"}:
        assert sum(len(part[name]) for part in parts) == len(whole[name]), name
    assert_same(parts[2]["runs"], "status", [run.status for run in session.runs])
    assert_same(parts[2]["runs"], "forward_clock", ["host"] * 3)


def test_text_that_a_spreadsheet_would_compute_has_an_apostrophe(session: SessionHistory) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "a=1"]
    runs = tuple(replace(session.runs[0], run=replace(session.runs[0].run, lane=name)) for name in names)
    frame = from_csv(replace(session, runs=runs))["runs"]
    assert frame["lane"].tolist() == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "a=1"]
    assert from_parquet(replace(session, runs=runs))["runs"]["lane"].tolist() == names


def test_an_empty_session_has_the_same_tables(session: SessionHistory) -> None:
    empty = replace(session, runs=(), devices=(), loads=(), events=())
    for read in (from_csv, from_parquet):
        found, whole = read(empty), read(session)
        assert {name: list(frame) for name, frame in found.items()} == {n: list(f) for n, f in whole.items()}


def test_the_documentation_names_every_table_and_column(session: SessionHistory) -> None:
    text = (Path(__file__).parents[3] / "docs" / "export.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    for table in tables(session):
        for column, _ in table.columns:
            assert column in ("run", "lane", "task", "repeat") or f"`{column}`" in rows[table.name], column


def test_parquet_without_pyarrow_says_how_to_get_it(session: SessionHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SessionError, match=r"pip install 'dlprof\[parquet\]'"):
        from_parquet(session)
