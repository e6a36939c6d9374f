"""Recordings without a terminal, as somebody makes, watches and ends them from others: real processes and terminals."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from terminal import ROOT, Terminal

from dlprof.session import store
from dlprof.session.file import SessionReader
from dlprof.session.liveness import is_live

OPTIONS = ("--lanes", "torch", "--tasks", "mnist-mlp", "--data-mb", "1", "--duration", "1h")
DLPROF = (sys.executable, "-m", "dlprof")


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    (tmp_path / "tmp").mkdir()
    yield {**os.environ, "XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path), "TMPDIR": str(tmp_path / "tmp")}
    for path in tmp_path.rglob("*.dlprof"):
        if store.summary(path).live:
            os.kill(SessionReader(path).meta()["recorder"]["pid"], signal.SIGTERM)


@pytest.fixture
def terminal(environment: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_one(*command: str) -> Terminal:
        opened.append(Terminal(*command, environment=environment))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "dlprof" / "sessions"


def dlprof(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*DLPROF, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=ROOT, env=environment
    )


def seconds(path: Path) -> float:
    return SessionReader(path).meta()["horizon_ns"] / 1e9


@pytest.mark.slow
def test_a_recording_outlives_its_terminal_is_watched_by_many_and_stopped(
    environment: dict[str, str], folder: Path, terminal: Callable[..., Terminal]
) -> None:
    words = (*DLPROF, "--record", "--detach", "--name", "my run", "--note", "it's a try", *OPTIONS)
    shell = terminal("/bin/sh", "-c", '"$@"; echo "code $?"; exec cat', "sh", *words)
    assert shell.until(r"code (\d+)") == "0"
    path = folder / "my-run.dlprof"
    assert is_live(SessionReader(path).meta())
    copy = Path(shutil.copy(path, folder.parent))
    assert not is_live(SessionReader(copy).meta())
    refused = dlprof(environment, "sessions", "stop", str(copy))
    assert (refused.returncode, refused.stderr.count("not being recorded (unfinished)")) == (2, 1)
    assert shell.hang_up() == -signal.SIGHUP

    (line,) = dlprof(environment, "sessions").stdout.splitlines()
    assert all(word in line for word in ("'my run'  recording  ", "mnist-mlp", "torch", "it's a try"))
    refused = dlprof(environment, "sessions", "rm", "my run")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert "stop it first: dlprof sessions stop 'my run'" in refused.stderr

    named = terminal(*DLPROF, "watch", "my run")
    watchers = [named, *(terminal(*DLPROF, "watch") for _ in range(2))]
    for watcher in watchers:
        now = seconds(path)
        while float(watcher.until(r"([\d.]+) s  LIVE")) < now:
            pass
    lost = watchers.pop()
    assert lost.hang_up() == -signal.SIGHUP
    below_make = terminal("/bin/sh", "-c", 'trap : HUP; "$@"; exit 7', "sh", *DLPROF, "watch")
    below_make.until(r"s  (LIVE)")
    assert below_make.hang_up() == 7
    assert is_live(SessionReader(path).meta())

    stopped = dlprof(environment, "sessions", "stop")
    assert (stopped.returncode, stopped.stdout) == (0, f"{path}: stopped early\n")
    assert [found.name for found in folder.iterdir()] == [path.name]
    assert SessionReader(path).history().complete
    for watcher in watchers:
        watcher.until(r"s  (END)")
        watcher.type("q")
        assert watcher.end() == 0
    again = dlprof(environment, "watch")
    assert (again.returncode, len(again.stderr.splitlines())) == (2, 1)
    assert "nothing is being recorded" in again.stderr
    assert dlprof(environment, "sessions", "rm", "my run").stdout == f"deleted {path}\n"
    assert list(folder.iterdir()) == []


@pytest.mark.slow
def test_two_recorders_never_write_one_file_and_one_that_begins_can_be_stopped(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    path = tmp_path / "a.dlprof"
    command = [*DLPROF, "--record", str(path), "--detach", *OPTIONS]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
        for _ in range(2)
    ]
    said = {process.communicate(): process.returncode for process in both}
    assert sorted(said.values()) == [0, 2]
    (refused,) = (error for (_, error), code in said.items() if code == 2)
    assert len(refused.splitlines()) == 1
    assert "exists; choose another name" in refused
    assert [out for (out, _), code in said.items() if code == 0] == [f"{path}\n"]
    assert dlprof(environment, "sessions", "stop", str(path)).returncode == 0
    assert SessionReader(path).meta()["complete"] is True


@pytest.mark.slow
def test_a_recorder_that_is_killed_leaves_its_log(environment: dict[str, str], folder: Path) -> None:
    path = Path(dlprof(environment, "--record", "--detach", "--name", "a", *OPTIONS).stdout.strip())
    meta = SessionReader(path).meta()
    os.kill(meta["recorder"]["pid"], signal.SIGKILL)
    while is_live(meta):
        os.sched_yield()
    assert "  a  unfinished  " in dlprof(environment, "sessions").stdout
    assert "not being recorded (unfinished)" in dlprof(environment, "watch", "a").stderr
    log = Path(f"{path}.log")
    assert log.stat().st_mode & 0o777 == 0o600
    assert dlprof(environment, "sessions", "rm", "a").returncode == 0
    assert list(folder.iterdir()) == []


def test_a_recorder_that_cannot_begin_is_one_line(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "a.dlprof").touch()
    done = dlprof(environment, "--record", str(tmp_path / "a.dlprof"), "--detach", *OPTIONS)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "exists; choose another name" in done.stderr
    assert not (tmp_path / "a.dlprof.log").exists()


def test_detach_without_record(environment: dict[str, str]) -> None:
    done = dlprof(environment, "--detach")
    assert done.returncode == 2
    assert "dlprof --record --detach" in done.stderr


INTERRUPTED = """
import os, sys

from dlprof.__main__ import main

number, moment = int(sys.argv[1]), sys.argv[2]
del sys.argv[1:3]

def hook(event, args):
    global moment
    if event == moment and (event != "subprocess.Popen" or "dlprof.recording" in str(args)):
        moment = ""
        os.kill(os.getpid(), number)

sys.addaudithook(hook)
code = main()
sys.exit(code if moment == "" else "the moment did not come")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_it_begins_leaves_nothing(
    tmp_path: Path, environment: dict[str, str], number: signal.Signals
) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(int(number)), "subprocess.Popen"]
    done = subprocess.run(
        [*command, "--record", str(tmp_path / "a.dlprof"), "--detach", *OPTIONS],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert (done.returncode, done.stdout) == (130, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tmp"]
    assert list((tmp_path / "tmp").iterdir()) == []
