"""Signals at chosen moments of a recording's beginning: an audit hook sends them from inside."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dlprof.session.file import SessionReader

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, sys

from dlprof.__main__ import main

number, moments = int(sys.argv[1]), [word.split("|") for word in sys.argv[2].split("||")]
del sys.argv[1:3]

def hook(event, args):
    if moments and event == moments[0][0] and moments[0][1] in str(args):
        del moments[0]
        os.kill(os.getpid(), number)

sys.addaudithook(hook)
code = main()
sys.exit("not every moment came" if moments else code)
"""
OPTIONS = ("--tasks", "mnist-mlp", "--data-mb", "1", "--duration", "1h")


def record(
    path: Path, number: signal.Signals, moments: str, lanes: str = "torch"
) -> "subprocess.CompletedProcess[str]":
    (path.parent / "tmp").mkdir()
    command = [sys.executable, "-c", PROGRAM, str(int(number)), moments, "--record", str(path), "--lanes", lanes]
    environment = {**os.environ, "TMPDIR": str(path.parent / "tmp")}
    return subprocess.run([*command, *OPTIONS], capture_output=True, text=True, cwd=ROOT, env=environment)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "moment",
    [
        "import|'argparse'",
        "import|'dlprof.recording'",
        "sqlite3.connect|a.dlprof",
        "tempfile.mkdtemp|dlprof-",
        "subprocess.Popen|guard.py",
        "os.mkdir|/mnist-mlp",
        "open|/train_x.npy",
    ],
)
def test_an_interrupt_before_the_first_run_leaves_nothing(tmp_path: Path, number: signal.Signals, moment: str) -> None:
    done = record(tmp_path / "a.dlprof", number, moment)
    assert done.returncode == 130, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["tmp"]
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.slow
def test_a_second_interrupt_does_not_break_into_the_finishing(tmp_path: Path) -> None:
    stopped, killed = (f"os.killpg|, {int(number)})" for number in (signal.SIGSTOP, signal.SIGKILL))
    done = record(tmp_path / "a.dlprof", signal.SIGINT, f"{stopped}||{killed}", "a=torch,b=torch")
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == f"{tmp_path / 'a.dlprof'}\n"
    history = SessionReader(tmp_path / "a.dlprof").history()
    assert history.complete
    assert [run.status for run in history.runs] == ["interrupted", "interrupted"]
