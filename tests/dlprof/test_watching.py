"""``dlprof watch`` without a screen, as a program that reads its lines sees it."""

import os
import subprocess
import sys
from pathlib import Path

import builder
import pytest
from terminal import ROOT, Terminal

from dlprof.session.liveness import own_entry
from dlprof.session.records import Event

WATCH = (sys.executable, "-m", "dlprof", "watch", "--refresh", "20")


@pytest.mark.slow
def test_a_pipe_gets_lines_until_the_recording_ends(tmp_path: Path) -> None:
    path = tmp_path / "my session.dlprof"
    writer = builder.new_writer(path, recorder=own_entry())
    writer.add([*builder.beginning(), *builder.turn(0), *builder.turn(1)])
    writer.commit(9 * builder.SECOND)
    command = [*WATCH, str(path)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, cwd=ROOT) as watching:
        assert watching.stdout is not None
        seen = [watching.stdout.readline() for _ in range(7)]
        writer.add([Event(9, run, "status", {"status": "completed", "cause": None}) for run in (1, 2, 3)])
        writer.finish(12 * builder.SECOND)
        rest = watching.stdout.read().splitlines()
    assert watching.returncode == 0
    assert [line.split()[3] for line in seen[:6]] == 2 * ["torch", "tensorflow", "keras"]
    assert [line.split()[4] for line in rest[-5:-2]] == 3 * ["completed"]
    assert rest[-2].endswith("no lane is named faster: fewer than 3 turns of both lanes to pair")
    assert rest[-1] == f"stopped after 3 of 6 runs; its figures: dlprof report '{path}'"


@pytest.mark.slow
def test_a_dumb_terminal_gets_the_same_and_no_control_sequence(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    writer = builder.new_writer(path, recorder=own_entry())
    writer.add([*builder.beginning(), *builder.turn(0)])
    writer.commit(9 * builder.SECOND)
    terminal = Terminal(*WATCH, str(path), environment={**os.environ}, kind="dumb")
    seen = terminal.until("(?s)(.*keras  importing.*)\r\n")
    terminal.type("\x03")
    assert terminal.end() == 130
    terminal.close()
    assert seen.replace("\r\n", "").isprintable()


@pytest.mark.slow
def test_a_replay_in_a_dumb_terminal_is_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    writer = builder.new_writer(path)
    writer.add([*builder.beginning(), *builder.turn(0)])
    writer.finish(9 * builder.SECOND)
    terminal = Terminal(sys.executable, "-m", "dlprof", "replay", str(path), environment={**os.environ}, kind="dumb")
    seen = terminal.until("(?s)(.*its figures: dlprof report .*)\r\n")
    assert terminal.end() == 0
    terminal.close()
    assert "mnist-mlp torch" in seen
    assert seen.replace("\r\n", "").isprintable()


@pytest.mark.slow
def test_a_recording_in_a_dumb_terminal_is_its_lines(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "dlprof", "--lanes", "torch", "--tasks", "mnist-mlp", "--steps", "5")
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    terminal = Terminal(*command, environment=environment, kind="dumb")
    seen = terminal.until("(?s)(.*complete; its figures: dlprof report .*)\r\n")
    assert terminal.end() == 0
    terminal.close()
    assert "mnist-mlp torch  completed" in seen
    assert len([*tmp_path.glob("dlprof/sessions/*.dlprof")]) == 1
