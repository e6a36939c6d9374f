import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import builder
import pytest

from dlprof.session import schema
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.records import Event, Probe, Run, Step
from dlprof.session.writer import SessionWriter


def written(path: Path, turns: int = 4) -> Path:
    writer = builder.new_writer(path)
    writer.add(builder.beginning())
    writer.add(builder.gpu_samples())
    for index in range(turns):
        writer.add(builder.turn(index))
    writer.finish(100 * builder.SECOND)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.dlprof")
    reader = SessionReader(path)
    history = reader.history()
    assert history.complete
    assert history.tasks == ("mnist-mlp",)
    records: list[Any] = [*builder.turn(0), *builder.turn(1), *builder.turn(2), *builder.turn(3)]
    for run in history.runs:
        mine = [record for record in records if getattr(record, "run", None) == run.run.id]
        assert [*run.turns] == [r for r in mine if type(r).__name__ == "Turn"]
        assert [*run.host] == [r for r in mine if type(r).__name__ == "HostMemory"]
        assert [*run.allocator] == [r for r in mine if type(r).__name__ == "AllocatorMemory"]
        assert [*run.segments] == [r for r in mine if type(r).__name__ == "StackSegment"]
        steps = [r for r in mine if type(r).__name__ == "Step"]
        assert run.steps.column("total_ns").tolist() == [s.total_ns for s in steps]
        assert run.steps.column("loss").tolist() == [s.loss for s in steps]
        assert (run.warmup_steps, run.cold_steps, len(run.steps.counted)) == (20, 12, 48)
    assert history.devices[0].total == 100
    assert history.runs[0].gpu[0].reason == "not listed"
    assert history.loads[0].power_mw == 70_000
    assert history.runs[0].probes == (Probe(1, 8, 5, 6),)


def test_a_finished_session_is_one_private_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.dlprof")
    assert [p.name for p in tmp_path.iterdir()] == ["a.dlprof"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes()[68:72] == b"DLPR"


@pytest.mark.parametrize("moment", ["before", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA journal_mode = DELETE"])
def test_a_file_deleted_in_the_last_moments_is_put_back_and_that_is_said(tmp_path: Path, moment: str) -> None:
    path = tmp_path / "a.dlprof"
    writer = builder.new_writer(path)
    writer.add([*builder.beginning(), *builder.turn(0)])
    writer.commit(builder.SECOND)
    writer.add([*builder.turn(1), *builder.endings()])
    if moment == "before":
        path.unlink()
    else:
        writer._connection.set_trace_callback(lambda sql: path.unlink(missing_ok=True) if sql == moment else None)
    with pytest.raises(SessionError, match=r"a\.dlprof was deleted or replaced while it was recorded: put back"):
        writer.finish(100 * builder.SECOND)
    history = SessionReader(path).history()
    assert history.complete
    assert [len(run.steps) for run in history.runs] == [40, 40, 40]
    assert [file.name for file in tmp_path.iterdir()] == ["a.dlprof"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_live_session_is_read_bit_by_bit_up_to_its_horizon(tmp_path: Path) -> None:
    writer = builder.new_writer(tmp_path / "a.dlprof")
    writer.add(builder.beginning())
    writer.commit(10)
    reader = SessionReader(tmp_path / "a.dlprof")
    assert [len(run.steps) for run in reader.history().runs] == [0, 0, 0]
    writer.add(builder.turn(0))
    writer.commit(2 * builder.SECOND)
    first = reader.history()
    assert [len(run.steps) for run in first.runs] == [20, 0, 0]
    writer.add(builder.turn(1))
    writer.finish(100 * builder.SECOND)
    last = reader.history()
    assert [len(run.steps) for run in last.runs] == [40, 40, 40]
    again = last.until(2 * builder.SECOND)
    assert [len(run.steps) for run in again.runs] == [20, 0, 0]
    assert again.runs[0].events == first.runs[0].events


def test_steps_that_were_dropped_leave_a_gap_in_the_indices(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    writer = builder.new_writer(path)
    writer.add(builder.beginning())
    reader = SessionReader(path)
    for turn, dropped in ((0, (0, 7)), (1, ()), (2, (40, 59)), (3, (69,))):
        writer.add([it for it in builder.turn(turn) if not (isinstance(it, Step) and it.index in dropped)])
        writer.commit((3 * turn + 3) * builder.SECOND)
        indices = reader.history().runs[0].steps.column("index").tolist()
        assert indices == [index for index in range(20 * turn + 20) if index not in (0, 7, 40, 59, 69)]
    assert SessionReader(path).history().runs[0].steps.column("index").tolist() == indices


def test_the_beginning_is_all_up_to_the_first_step(tmp_path: Path) -> None:
    reader = SessionReader(written(tmp_path / "a.dlprof"))
    beginning = reader.beginning()
    assert beginning.horizon_ns == builder.SECOND
    assert [len(run.steps) for run in beginning.runs] == [0, 0, 0]
    assert [run.status for run in beginning.runs] == ["importing"] * 3
    whole, again = reader.history(), SessionReader(reader.path).history()
    assert [len(run.steps) for run in whole.runs] == [80, 80, 80]
    assert [(run.turns, run.host, run.segments) for run in whole.runs] == [
        (run.turns, run.host, run.segments) for run in again.runs
    ]


def test_a_file_that_claims_to_hold_more_steps_than_fit_into_it(tmp_path: Path) -> None:
    path = written(tmp_path / "claims")
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE step SET idx = {1 << 50} WHERE run = 2 AND idx = 79")
    connection.close()
    assert [len(run.steps) for run in SessionReader(path).history().runs] == [80, 80, 80]


def test_a_killed_writer_loses_nothing_committed(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    program = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "import builder; from pathlib import Path\n"
        "w = builder.new_writer(Path(sys.argv[1])); w.add(builder.beginning()); w.add(builder.turn(0))\n"
        "w.commit(100 * builder.SECOND); w.add(builder.turn(1)); print('ready', flush=True); sys.stdin.read()"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", program, str(path), str(Path(__file__).parent), str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        os.kill(process.pid, signal.SIGKILL)
    reader = SessionReader(path)
    history = reader.history()
    assert not history.complete
    assert [len(run.steps) for run in history.runs] == [20, 20, 20]


def one_line(path: Path) -> str:
    with pytest.raises(SessionError) as caught:
        SessionReader(path).history()
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)
    return str(caught.value)


def test_files_that_are_no_sessions(tmp_path: Path) -> None:
    assert "cannot read" in one_line(tmp_path / "absent")
    (tmp_path / "text").write_text("hello " * 100)
    assert "not a dlprof session" in one_line(tmp_path / "text")
    (tmp_path / "empty").touch()
    assert "not a dlprof session" in one_line(tmp_path / "empty")
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE t (x)").connection.close()
    assert "not a dlprof session" in one_line(tmp_path / "other")


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8])
def test_a_file_that_was_cut_off(tmp_path: Path, share: float) -> None:
    data = written(tmp_path / "whole").read_bytes()
    (tmp_path / "cut").write_bytes(data[: int(len(data) * share)])
    one_line(tmp_path / "cut")


def test_hostile_tables_and_newer_versions(tmp_path: Path) -> None:
    path = written(tmp_path / "view")
    connection = sqlite3.connect(path)
    connection.executescript("ALTER TABLE run RENAME TO r2; CREATE VIEW run AS SELECT * FROM r2;")
    connection.close()
    assert "tables" in one_line(path)
    path = written(tmp_path / "newer")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "upgrade dlprof" in one_line(path)


def test_a_session_of_the_first_format_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "old")
    connection = sqlite3.connect(path)
    for table in schema.SINCE_2[""]:
        connection.execute(f"DROP TABLE {table}")
    for table in ("turn", "host_memory"):
        for column in schema.SINCE_2[table]:
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    history = SessionReader(path).history()
    assert [len(run.steps) for run in history.runs] == [80, 80, 80]
    assert history.runs[0].turns[1].others_cpu_ns is None
    assert history.runs[0].turns[1].sampled
    assert history.loads == history.runs[0].probes == ()


def test_rubbish_in_the_cells(tmp_path: Path) -> None:
    path = written(tmp_path / "rubbish")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE step SET total_ns = 'much' WHERE idx = 3")
    connection.commit()
    connection.close()
    one_line(path)


def test_names_are_cleaned(tmp_path: Path) -> None:
    writer = SessionWriter(tmp_path / "a", {"name": "x\x1b]0;owned\x07y"})
    writer.add([Run(1, "to\x1b[31mrch\u202e", "torch", None, "default", "t\nt", 0, "cpu", 1)])
    writer.add([Event(1, 1, "error", {"message": "\x9bboo\x1b[2J"})])
    writer.finish(5)
    reader = SessionReader(tmp_path / "a")
    history = reader.history()
    assert history.meta["name"] == "xy"
    assert history.runs[0].run.lane == "torch"
    assert history.runs[0].last("error")["message"] == "boo"


def test_a_path_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    with pytest.raises(SessionError, match="exists"):
        SessionWriter(tmp_path / "there", {})
    with pytest.raises(SessionError, match="cannot create"):
        SessionWriter(tmp_path / "no" / "folder", {})
