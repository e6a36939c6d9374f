"""A recording that is told to end before its length is reached says so."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from made_lanes import Recording, faulty, interpreter_with_lanes, until

from dlprof.session import store
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.report.figures import report
from dlprof.session.report.text import report_text

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return interpreter_with_lanes(tmp_path_factory.mktemp("stopping"))


def has_stepped(path: Path) -> bool:
    try:
        runs = SessionReader(path).history().runs
    except SessionError:
        return False
    return len(runs) == 2 and all(run.turns for run in runs)


def stopped(path: Path, python: str, **length: Any) -> dict[str, Any]:
    """The report of a recording of two lanes that was told to stop once both had a turn."""
    recording = Recording(faulty(path, python, "default", "is_deaf", **length))
    until(lambda: has_stepped(path))
    recording.process.send_signal(signal.SIGUSR1)
    assert recording.end() == (0, "")
    return report(SessionReader(path).history())


@pytest.mark.parametrize(
    ("length", "unit"), [({"steps": 10**6}, "/1000000 steps"), ({"duration_s": 3600.0}, "/3600 s")]
)
def test_what_a_stop_cut_is_stopped(tmp_path: Path, python: str, length: dict[str, Any], unit: str) -> None:
    path = tmp_path / "a.dlprof"
    figures = stopped(path, python, **length)
    for run in figures["runs"]:
        assert (run["status"], run["error"]) == ("stopped", None)
        assert run["stopped"].startswith("after ")
        assert unit in run["stopped"]
        assert run["steps"]["counted"] > 0
        assert f"{run['lane']} stopped: {run['stopped']}" in report_text(figures, 100)
    assert store.summary(path).state == "stopped early"


def test_what_had_no_length_is_complete_when_it_is_stopped(tmp_path: Path, python: str) -> None:
    figures = stopped(tmp_path / "a.dlprof", python)
    assert [(run["status"], run["stopped"]) for run in figures["runs"]] == [("completed", None)] * 2
    assert store.summary(tmp_path / "a.dlprof").complete
