"""A known cost of the stamps is found by the recording itself."""

from pathlib import Path

import pytest
from made_lanes import interpreter_with_lanes, record

from dlprof.profilers.recorder.plan import LanePlan, Plan, TaskPlan
from dlprof.session.file import SessionReader
from dlprof.session.report.figures import report


@pytest.mark.slow
def test_an_injected_cost_of_five_per_cent_is_found(tmp_path: Path) -> None:
    python = interpreter_with_lanes(tmp_path)
    path = tmp_path / "cost.dlprof"
    lane = LanePlan("timed", "torch", "timed", python, "cpu")
    record(Plan(str(path), "cost", (lane,), (TaskPlan("none", 1),), duration_s=8.0))
    [run] = report(SessionReader(path).history())["runs"]
    low, high = run["overhead"]["ci95"]
    assert 1.02 < low <= high < 1.12
    assert run["overhead"]["us_per_step"] == pytest.approx(50, abs=35)
    assert 0.15 < run["steps"]["dark"] / (run["steps"]["dark"] + run["steps"]["counted"]) < 0.35
    assert run["steps"]["dropped"] == 0
