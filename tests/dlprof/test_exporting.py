import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import builder
import pandas
import pyarrow.parquet
import pytest
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from dlprof.cli import main
from dlprof.session.writer import SessionWriter

ROOT = Path(__file__).parents[2]
NAMES = {
    "perfetto": "a.perfetto-trace",
    "speedscope": "a.speedscope.json",
    "csv": "a-csv",
    "parquet": "a-parquet",
    "openmetrics": "a.prom",
}


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SessionWriter:
    monkeypatch.chdir(tmp_path)
    found = builder.new_writer(tmp_path / "a.dlprof")
    found.add([*builder.beginning(), *builder.turn(0), *builder.turn(1)])
    found.commit(10 * builder.SECOND)
    return found


@pytest.fixture
def session(writer: SessionWriter, tmp_path: Path) -> str:
    writer.finish(10 * builder.SECOND)
    return str(tmp_path / "a.dlprof")


def opened(path: Path) -> int:
    """How many things the consumer of `path` finds in it."""
    if path.suffix == ".perfetto-trace":
        return len(pb.Trace.FromString(path.read_bytes()).packet)
    if path.suffix == ".json":
        return len(json.loads(path.read_bytes())["profiles"])
    if path.suffix == ".prom":
        return len(list(text_string_to_metric_families(path.read_text())))
    if path.name == "a-csv":
        return len(pandas.read_csv(path / "steps.csv"))
    return pyarrow.parquet.read_table(path / "steps.parquet").num_rows


@pytest.mark.parametrize("chosen", NAMES)
def test_a_private_file_named_after_the_session(
    session: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], chosen: str
) -> None:
    assert main(["export", session, "--format", chosen]) == 0
    assert capsys.readouterr().out == NAMES[chosen] + "\n"
    path = tmp_path / NAMES[chosen]
    assert opened(path) > 0
    files = list(path.iterdir()) if path.is_dir() else [path]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert path.is_file() or path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("chosen", [chosen for chosen in NAMES if chosen != "openmetrics"])
def test_what_is_there_is_not_replaced_and_no_link_is_followed(
    session: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], chosen: str
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "there").write_text("mine")
    for name in ("link", "there"):
        assert main(["export", session, "--format", chosen, "-o", name]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line == f"dlprof: {name} exists; choose another name with -o, or delete it first"
    assert (tmp_path / "there").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


def test_metrics_replace_the_file_at_once_with_its_mode_and_no_link_is_followed(session: str, tmp_path: Path) -> None:
    path, target = tmp_path / "dlprof.prom", tmp_path / "target"
    target.write_text("mine")
    path.symlink_to(target)
    command = ["export", session, "--format", "openmetrics", "-o", str(path)]
    assert main(command) == 0
    assert target.read_text() == "mine"
    assert (path.is_symlink(), path.stat().st_mode & 0o777) == (False, 0o600)
    path.write_text("# TYPE dlprof_old gauge\n")
    path.chmod(0o644)
    before = path.stat().st_ino
    assert main(command) == 0
    assert path.stat().st_ino != before
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.read_text().endswith("# EOF\n")
    assert {file.name for file in tmp_path.iterdir()} == {"a.dlprof", "dlprof.prom", "target"}


@pytest.mark.parametrize("chosen", ["perfetto", "speedscope", "openmetrics"])
def test_to_stdout(session: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], chosen: str) -> None:
    assert main(["export", session, "--format", chosen, "-o", "file"]) == 0
    capfdbinary.readouterr()
    assert main(["export", session, "--format", chosen, "-o", "-"]) == 0
    assert capfdbinary.readouterr().out == (tmp_path / "file").read_bytes()


def test_a_session_that_is_being_recorded(writer: SessionWriter, tmp_path: Path) -> None:
    assert main(["export", str(tmp_path / "a.dlprof"), "--format", "openmetrics"]) == 0
    assert "dlprof_complete 0\n" in (tmp_path / "a.prom").read_text()
    assert main(["export", str(tmp_path / "a.dlprof"), "--format", "csv"]) == 0
    assert opened(tmp_path / "a-csv") == 120


def test_a_range_of_time(session: str, tmp_path: Path) -> None:
    assert main(["export", session, "--format", "csv", "--from", "4", "--until", "5"]) == 0
    steps: Any = pandas.read_csv(tmp_path / "a-csv" / "steps.csv")
    assert (steps["lane"].unique().tolist(), len(steps)) == (["torch"], 20)
    assert steps["start_ns"].min() == 4 * builder.SECOND


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ("--format",)),
        (("--format", "pdf"), ("pdf", "perfetto", "openmetrics")),
        (("--format", "csv", "-o", "-"), ("folder", "-o")),
        (("--format", "csv", "--from", "-1"), ("--from", "'-1'", "from 0")),
        (("--format", "csv", "--from", "nan"), ("--from", "nan")),
        (("--format", "csv", "--from", "5", "--until", "5"), ("--from", "--until", "10.000 s")),
        (("--format", "csv", "--from", "11"), ("--from", "10.000 s")),
        (("--format", "openmetrics", "--from", "1"), ("openmetrics", "--from")),
        (("--format", "csv", "--redact"), ("--redact", "--format dlprof")),
        (("--format", "csv", "-o", "no/such/folder"), ("no/such/folder", "No such file", "-o")),
        (("--format", "perfetto", "-o", "no/such/file"), ("no/such/file", "No such file", "-o")),
        (("--format", "openmetrics", "-o", "no/such/file"), ("no/such/file", "No such file", "-o")),
        (("--format", "openmetrics", "-o", "."), (". exists", "-o")),
    ],
)
def test_misuse_is_one_line_and_leaves_nothing(
    session: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    assert main(["export", session, *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert all(word in line for word in words), line
    assert [file.name for file in tmp_path.iterdir()] == ["a.dlprof"]


def test_parquet_without_pyarrow_leaves_nothing(
    session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["export", session, "--format", "parquet"]) == 2
    assert "pip install 'dlprof[parquet]'" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["a.dlprof"]


@pytest.mark.parametrize("chosen", NAMES)
def test_a_disk_that_is_full_is_one_line_and_leaves_nothing(session: str, tmp_path: Path, chosen: str) -> None:
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600)); "
        "from dlprof.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-B", "-c", program, "export", session, "--format", chosen]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "File too large" in line
    assert [file.name for file in tmp_path.iterdir()] == ["a.dlprof"]


def test_metrics_replace_nothing_but_metrics(session: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other, fifo = tmp_path / "other", tmp_path / "fifo"
    other.write_bytes(Path(session).read_bytes())
    os.mkfifo(fifo)
    for path in (other, fifo):
        assert main(["export", session, "--format", "openmetrics", "-o", str(path)]) == 2
        assert "exists" in capsys.readouterr().err
    assert other.read_bytes() == Path(session).read_bytes()
    assert fifo.is_fifo()
