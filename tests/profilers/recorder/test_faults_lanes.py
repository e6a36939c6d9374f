"""Lanes that go wrong, for real, beside one that does not."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from made_lanes import FAULT_STEP, Recording, faulty, interpreter_with_lanes, steps_logged, until

from dlprof.profilers.recorder.plan import Plan
from dlprof.profilers.recorder.watchdog import Patience
from dlprof.session.file import SessionReader
from dlprof.session.history import RunHistory
from dlprof.session.report.figures import report

pytestmark = pytest.mark.slow
STEPS = 200
IMPATIENT = Patience(stall_s=2.0, finish_s=2.0)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return interpreter_with_lanes(tmp_path_factory.mktemp("faulty"))


def recorded(plan: Plan, patience: Patience = IMPATIENT) -> tuple[int, dict[str, RunHistory]]:
    """The exit code and the runs by lane; nothing of the recording is left."""
    recording = Recording(plan, patience)
    code, said = recording.end()
    assert said == ""
    until(recording.gone)
    history = SessionReader(Path(plan.path)).history()
    assert history.complete
    json.dumps(report(history), allow_nan=False)
    return code, {run.run.lane: run for run in history.runs}


def cause(run: RunHistory) -> str:
    return str(run.last("status")["cause"])


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("hangs", "failed", "no step for 2 s: killed"),
        ("hangs_at_the_boundary", "failed", "no step for 2 s: killed"),
        ("never_reports", "failed", "no end of its turn in"),
        ("never_ends", "failed", "did not evaluate and end within 2 s"),
        ("forks_and_dies", "killed", "SIGKILL"),
        ("leaves_without_a_word", "failed", "exit code 0"),
    ],
)
def test_a_lane_that_fails_is_named_and_the_other_goes_on(
    tmp_path: Path, python: str, fault: str, status: str, words: str
) -> None:
    code, runs = recorded(faulty(tmp_path / "a.dlprof", python, fault, "default", steps=STEPS))
    assert code == 1
    assert runs[fault].status == status
    assert words in cause(runs[fault])
    assert len(runs[fault].steps) >= 30
    assert runs["default"].status == "completed"
    assert len(runs["default"].steps) - runs["default"].warmup_steps == STEPS


def test_floods_rubbish_and_deaf_ears_stop_nobody(tmp_path: Path, python: str) -> None:
    faults = ("floods", "talks_rubbish", "is_deaf")
    code, runs = recorded(faulty(tmp_path / "a.dlprof", python, *faults, "default", steps=STEPS), Patience())
    assert code == 0
    for run in runs.values():
        assert run.status == "completed"
        assert len(run.steps) - run.warmup_steps == STEPS
        assert not run.last("dropped")
    assert "cannot be read" in runs["talks_rubbish"].last("metrics")["reason"]
    tails = {event.data["stream"]: str(event.data["tail"]) for event in runs["floods"].events if event.kind == "output"}
    assert set(tails["stdout"].lstrip("[2J")) == {"x"}, "what is cut in the middle has no beginning"
    assert tails["stderr"].endswith("the last words\n")
    assert all(len(tail) <= 32 * 1024 for tail in tails.values())


def test_a_deaf_lane_ends_with_the_recording(tmp_path: Path, python: str) -> None:
    plan = faulty(tmp_path / "a.dlprof", python, "is_deaf", "default")
    recording = Recording(plan, environment={"LANE_LOG": str(tmp_path)})
    until(lambda: len(steps_logged(tmp_path, run=1)) > 2 * FAULT_STEP)
    recording.process.send_signal(signal.SIGTERM)
    code, _ = recording.end()
    assert code == 130
    until(recording.gone)
    history = SessionReader(tmp_path / "a.dlprof").history()
    assert history.complete
    assert [run.status for run in history.runs] == ["interrupted", "interrupted"]
