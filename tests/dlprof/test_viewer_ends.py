"""A viewer that is told to end does, in real terminals."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import builder
import pytest
from terminal import PATIENCE, Terminal


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
