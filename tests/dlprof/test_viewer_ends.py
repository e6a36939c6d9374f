"""A viewer that is told to end does, in real terminals."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import builder
import pytest
from terminal import PATIENCE, Terminal

from dlprof.control import RecorderProcess
from dlprof.options import recording_options, resolve_plan
from dlprof.session.file import SessionReader


@pytest.fixture
def viewer(tmp_path: Path) -> Iterator[Terminal]:
    """One that shows a replay."""
    path = tmp_path / "a.dlprof"
    writer = builder.new_writer(path)
    writer.add(builder.beginning())
    for index in range(4):
        writer.add(builder.turn(index))
    writer.finish(30 * builder.SECOND)
    opened = Terminal(sys.executable, "-m", "dlprof", "replay", str(path), environment={**os.environ})
    opened.until("(REPLAY)")
    yield opened
    opened.close()


@pytest.mark.slow
def test_sigterm_ends_it(viewer: Terminal) -> None:
    viewer.process.send_signal(signal.SIGTERM)
    assert viewer.end() == 0


@pytest.mark.slow
def test_sigterm_ends_it_also_when_its_terminal_has_stalled(viewer: Terminal) -> None:
    viewer.stall()
    viewer.process.send_signal(signal.SIGTERM)
    assert viewer.process.wait(PATIENCE) == 130


@pytest.mark.slow
def test_a_recording_that_was_told_to_stop_is_not_interrupted_by_the_end_of_its_viewer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    parser = argparse.ArgumentParser()
    recording_options(parser)
    options = parser.parse_args(["--lanes", "torch", "--tasks", "mnist-mlp", "--data-mb", "1"])
    recorder = RecorderProcess(resolve_plan(options, None))
    with recorder._process as process:
        recorder.wait_until_recording()
        (path,) = (tmp_path / "dlprof" / "sessions").glob("*.dlprof")
        while not any(run.turns for run in SessionReader(path).history().runs):
            os.sched_yield()
        recorder.stop()
        assert process.stdin is not None
        process.stdin.close()  # as where the viewer has ended
        assert process.wait(PATIENCE) == 0
    assert SessionReader(path).statuses() == {1: "completed"}
    assert SessionReader(path).meta()["complete"] is True
