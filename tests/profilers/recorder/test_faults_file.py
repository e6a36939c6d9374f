"""What can happen to a session's file while it is recorded: a full disk, deletion; and to the wall clock."""

from __future__ import annotations

import resource
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from made_lanes import FOREGROUND, Recording, faulty, interpreter_with_lanes, steps_logged, until

from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory

pytestmark = pytest.mark.slow
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
FULL = """
mount -t tmpfs -o size=300k none "$1"
session=$1 copy=$2
shift 2
"$@"
code=$?
cp -a "$session"/. "$copy"
exit $code
"""
"""Records into a file system of 300 KB that nobody else sees, and brings out what is on it then."""
SMALL = 65_536
"""Bytes; less than the log of a recording that has stepped."""
MARGIN_NS = 1_000_000_000


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return interpreter_with_lanes(tmp_path_factory.mktemp("faulty"))


def peek(path: Path) -> SessionHistory | None:
    try:
        return SessionReader(path).history()
    except SessionError:
        return None


def has_stepped(path: Path, turns: int = 2) -> bool:
    history = peek(path)
    return history is not None and len(history.runs) > 0 and all(len(run.turns) >= turns for run in history.runs)


def has_all_but_the_last_second(history: SessionHistory, log: Path) -> bool:
    logged = {run.run.id: steps_logged(log, run.run.id) for run in history.runs}
    last = max(end_ns for steps in logged.values() for end_ns in steps.values())
    for run in history.runs:
        found = {int(index) for index in run.steps.column("index")}
        due = {index for index, end_ns in logged[run.run.id].items() if end_ns < last - MARGIN_NS}
        if not due or due - found:
            return False
    return True


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


@pytest.mark.parametrize("where", ["a full file system", "a limit on files"])
def test_a_full_disk_ends_the_recording_in_one_line(tmp_path: Path, python: str, where: str) -> None:
    disk, copy, log = (tmp_path / name for name in ("disk", "copy", "log"))
    for folder in (disk, copy, log):
        folder.mkdir()
    plan, full = faulty(disk / "a.dlprof", python, "default", "is_deaf"), where == "a full file system"
    if full:
        if shutil.which("unshare") is None or subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode:
            pytest.skip("no file system can be mounted here")
        command = (*NAMESPACE, "sh", "-c", FULL, "sh", str(disk), str(copy), *FOREGROUND)
        recording = Recording(plan, command=command, environment={"LANE_LOG": str(log)})
    else:
        if sys.platform != "linux":
            pytest.skip("the limits of another process cannot be changed here")
        recording = Recording(plan, command=FOREGROUND, environment={"LANE_LOG": str(log)})
        until(lambda: has_stepped(disk / "a.dlprof"))
        # Not the size of its log: SQLite begins the log anew when it has grown to 4 MB, and it then seldom grows again.
        resource.prlimit(recording.process.pid, resource.RLIMIT_FSIZE, (SMALL, SMALL))
    code, said = recording.end()
    until(recording.gone)
    assert code == 1
    (line,) = said.splitlines()[-1:]
    assert "Traceback" not in said
    assert "cannot write to" in line
    assert ("free some space" in line) == full, line
    assert "and in a.dlprof-wal: copy both" in line, line
    history = SessionReader((copy if full else disk) / "a.dlprof").history()
    assert has_all_but_the_last_second(history, log)


def test_no_room_for_the_data(tmp_path: Path, python: str) -> None:
    plan = faulty(tmp_path / "a.dlprof", python, "default", data_mb=1.0)
    recording = Recording(plan, command=FOREGROUND, options={"preexec_fn": limit_files})
    code, said = recording.end()
    until(recording.gone)
    assert code == 1
    assert "Traceback" not in said
    assert "TMPDIR" in said.splitlines()[-1]
    assert list(tmp_path.iterdir()) == [], "nothing was recorded"


@pytest.mark.parametrize("deleted", ["", "-wal"])
def test_a_deleted_file_is_put_back(tmp_path: Path, python: str, deleted: str) -> None:
    path, log = tmp_path / "a.dlprof", tmp_path / "log"
    log.mkdir()
    plan = faulty(path, python, "default", "is_deaf")
    recording = Recording(plan, command=FOREGROUND, environment={"LANE_LOG": str(log)})
    until(lambda: has_stepped(path))
    Path(f"{path}{deleted}").unlink()
    code, said = recording.end()
    until(recording.gone)
    assert code == 1
    assert "was deleted or replaced" in said.splitlines()[-1]
    assert "Traceback" not in said
    history = SessionReader(path).history()
    assert has_all_but_the_last_second(history, log)
    assert [run.status for run in history.runs] == ["interrupted", "interrupted"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.dlprof", "log"]


def test_a_file_in_the_place_of_a_deleted_one_is_left_alone(tmp_path: Path, python: str) -> None:
    path = tmp_path / "a.dlprof"
    recording = Recording(faulty(path, python, "default"), command=FOREGROUND)
    until(lambda: has_stepped(path))
    (tmp_path / "other").write_text("of somebody else")
    (tmp_path / "other").rename(path)
    code, said = recording.end()
    until(recording.gone)
    assert code == 1
    assert "is lost" in said.splitlines()[-1]
    assert path.read_text() == "of somebody else"


def test_a_wall_clock_set_back_changes_nothing(tmp_path: Path, python: str) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("no C compiler to make the clock with")
    library, offset, path = tmp_path / "set_back.so", tmp_path / "offset", tmp_path / "a.dlprof"
    source = Path(__file__).with_name("set_back.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    offset.write_text("0")
    environment = {"LD_PRELOAD": str(library), "WALL_CLOCK": str(offset)}
    recording = Recording(faulty(path, python, "default", "is_deaf", steps=400), environment=environment)
    until(lambda: has_stepped(path))
    offset.write_text("-86400")
    assert recording.end() == (0, "")
    history = SessionReader(path).history()
    for run in history.runs:
        assert run.status == "completed"
        starts = run.steps.column("start_ns")
        assert (starts[1:] >= starts[:-1]).all()
        assert (run.steps.column("total_ns") > 0).all()
        assert 0 < run.steps.end_ns[-1] < history.horizon_ns
        assert [event.t_ns for event in run.events] == sorted(event.t_ns for event in run.events)


def test_a_recording_keeps_to_itself(tmp_path: Path, python: str) -> None:
    """Files 0600, no word of the environment or of the arguments, and nobody listens on the network."""
    path, secret = tmp_path / "a.dlprof", "hunter2-of-the-environment"
    command = (*FOREGROUND, "hunter2-of-the-arguments")
    environment = {"AWS_SECRET_ACCESS_KEY": secret}
    recording = Recording(faulty(path, python, "default", "is_deaf"), command=command, environment=environment)
    until(lambda: has_stepped(path))
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert not [socket for process in recording.processes() for socket in sockets(process)]
    recording.process.terminate()
    assert recording.end()[0] == 130
    assert b"hunter2" not in path.read_bytes()


def sockets(process: psutil.Process) -> list[Any]:
    try:
        return process.net_connections("inet")
    except psutil.NoSuchProcess:
        return []


def test_no_link_is_followed(tmp_path: Path, python: str) -> None:
    (tmp_path / "a.dlprof").symlink_to(tmp_path / "elsewhere")
    recording = Recording(
        faulty(tmp_path / "a.dlprof", python, "default"), command=(sys.executable, "-m", "dlprof.recording")
    )
    code, said = recording.end()
    assert code == 2
    assert "exists" in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "elsewhere").exists()
