"""A recording of two lanes of known memory: real processes that take turns, without a framework."""

from pathlib import Path
from typing import Any

import pytest
from made_lanes import interpreter_with_lanes, record

from dlprof.profilers.recorder.plan import LanePlan, Plan, TaskPlan
from dlprof.session.file import SessionReader
from dlprof.session.report.figures import report

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the kernel tells no lane's memory"),
]
MIB = 1 << 20
BYTES_PER_SECOND = 4 * MIB
"""As lanes/growing.py has it."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The report's runs by lane; each lane steps for 10 s and waits as long, stopped."""
    folder = tmp_path_factory.mktemp("memory")
    python = interpreter_with_lanes(folder)
    lanes = tuple(LanePlan(name, "torch", name, python, "cpu") for name in ("growing", "steady"))
    path = folder / "memory.dlprof"
    plan = Plan(str(path), "memory", lanes, (TaskPlan("none", 1),), duration_s=10.0, overhead_check=False)
    record(plan)
    return {run["lane"]: run for run in report(SessionReader(path).history())["runs"]}


def test_a_leak_shows_as_growth_per_second_of_stepping(runs: dict[str, dict[str, Any]]) -> None:
    memory = runs["growing"]["memory"]
    low, high = memory["host_slope_ci95_bytes_per_s"]
    assert memory["host_slope_bytes_per_s"] == pytest.approx(BYTES_PER_SECOND, rel=0.15)
    assert 0 < low <= high


def test_a_lane_that_keeps_nothing_has_no_growth(runs: dict[str, dict[str, Any]]) -> None:
    memory = runs["steady"]["memory"]
    low, high = memory["host_slope_ci95_bytes_per_s"]
    assert -0.01 * BYTES_PER_SECOND < low <= high < 0.01 * BYTES_PER_SECOND


def test_model_first_steps_and_peak_are_told_apart(runs: dict[str, dict[str, Any]]) -> None:
    for name, grown in (("growing", 10 * BYTES_PER_SECOND), ("steady", 0)):
        memory = runs[name]["memory"]
        assert memory["host_before_import_bytes"] < 32 * MIB
        assert memory["host_import_bytes"] < 4 * MIB
        assert memory["host_model_bytes"] == pytest.approx(32 * MIB, abs=2 * MIB)
        assert memory["host_first_steps_bytes"] == pytest.approx(16 * MIB, abs=5 * MIB)
        held = memory["host_before_import_bytes"] + memory["host_import_bytes"] + (32 + 48 + 16) * MIB + grown
        assert memory["host_peak_bytes"] == pytest.approx(held, abs=8 * MIB)
