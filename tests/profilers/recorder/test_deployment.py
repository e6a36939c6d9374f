"""Deployments: of lanes that the tests make, and of the three frameworks."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from made_lanes import ROOT, Recording, interpreter_with_lanes, until

from dlprof.profilers.recorder.plan import LanePlan, Plan, TaskPlan
from dlprof.profilers.recorder.watchdog import PATIENCE, Patience
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.history import RunHistory
from dlprof.session.report.figures import report
from dlprof.session.report.text import report_text

pytestmark = pytest.mark.slow
IMPATIENT = Patience(format_s=3)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return interpreter_with_lanes(tmp_path_factory.mktemp("python"))


def plan(path: Path, python: str, *modes: str, **options: Any) -> Plan:
    lanes = tuple(LanePlan(mode, "torch", "deploying", python, "cpu", mode=mode) for mode in modes)
    asked = {"steps": 20, "data_mb": 0.1, "overhead_check": False, "deploy": True, **options}
    return Plan(str(path), "made", lanes, (TaskPlan("mnist-mlp", 1),), **asked)


def runs(path: Path) -> dict[str, RunHistory]:
    return {run.run.lane: run for run in SessionReader(path).history().runs}


def reasons(run: RunHistory) -> dict[str, str]:
    return {e.data["format"]: e.data.get("reason", "") for e in run.events if e.kind == "deployed"}


def test_what_hangs_or_dies_has_a_reason_and_the_run_is_completed(tmp_path: Path, python: str) -> None:
    path = tmp_path / "a.dlprof"
    recording = Recording(plan(path, python, "default", "hangs", "dies"), IMPATIENT)
    assert recording.end() == (0, "")
    until(recording.gone)
    found = runs(path)
    assert [run.status for run in found.values()] == ["completed"] * 3
    for run in found.values():
        assert set(reasons(run)) == {"first", "second"}, "a format that leads out of the run's folder"
        assert reasons(run)["first"] == "RuntimeError: cannot"
        assert "torch" in run.last("installed")["reason"]
    assert "numpy" in reasons(found["default"])["second"], "what a process without NumPy says at its end"
    assert reasons(found["hangs"])["second"] == "the lane did not save it within 3 s: killed"
    assert reasons(found["dies"])["second"] == "the lane ended before it was saved"


def test_nobody_steps_while_a_lane_deploys_in_parallel(tmp_path: Path, python: str) -> None:
    path = tmp_path / "a.dlprof"
    assert Recording(plan(path, python, "default", "dies", schedule="parallel", steps=200)).end() == (0, "")
    deploying = [e.t_ns for run in runs(path).values() for e in run.events if e.data.get("status") == "deploying"]
    assert len(deploying) == 2
    assert min(deploying) >= max(run.turns[-1].end_ns for run in runs(path).values())


def test_without_being_asked_for_there_is_none(tmp_path: Path, python: str) -> None:
    path = tmp_path / "a.dlprof"
    assert Recording(plan(path, python, "default", deploy=False)).end() == (0, "")
    [run] = report(SessionReader(path).history())["runs"]
    assert (run["status"], run["deploy"]) == ("completed", None)
    assert "--deploy" in run["deploy_reason"]


def test_an_interrupt_ends_a_deployment(tmp_path: Path, python: str) -> None:
    path = tmp_path / "a.dlprof"
    recording = Recording(plan(path, python, "hangs"), PATIENCE)

    def deploys() -> bool:
        try:
            return [run.status for run in runs(path).values()] == ["deploying"]
        except SessionError:
            return False

    until(deploys)
    recording.process.send_signal(signal.SIGINT)
    assert recording.end()[0] == 130
    until(recording.gone)
    assert [run.status for run in runs(path).values()] == ["interrupted"]


def test_three_frameworks_predict_the_same_from_their_files(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    options = ("--tasks", "mnist-mlp", "--steps", "40", "--data-mb", "1", "--deploy", "--no-overhead-check")
    done = subprocess.run(
        [sys.executable, "-m", "dlprof", "--record", str(path), *options], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    figures = report(SessionReader(path).history())
    offered = {
        "torch": ["state_dict", "torch_export", "onnx"],
        "tensorflow": ["saved_model", "litert", "onnx"],
        "keras": ["keras", "saved_model", "litert", "onnx"],
    }
    needed: dict[tuple[str, str], set[str]] = {}
    for run in figures["runs"]:
        deploy = run["deploy"]
        assert [format["format"] for format in deploy["formats"]] == offered[run["lane"]]
        for format in deploy["formats"]:
            assert format["worked"], f"{run['lane']} {format['format']}: {format['reason']}"
            assert format["equal"], f"{run['lane']} {format['format']}: {format['largest_difference']}"
            assert format["bytes"] > 4 * 101770
            assert format["save_ms"] > 0
            assert format["cold_start_ms"] > format["import_ms"] + format["load_ms"]
            assert 0 < format["latency_p50_ms"] <= format["latency_p95_ms"]
            assert format["samples_per_s"] > 0
            assert format["peak_bytes"] > 0
            needed[run["lane"], format["format"]] = set(format["needs"])
        assert deploy["install"]["distributions"] > 3
        assert deploy["install"]["bytes"] > 1e8
        assert deploy["install"]["import_ms"] > 0
    assert needed["torch", "state_dict"] == {"torch", "dlprof.workloads.tasks"}
    assert needed["torch", "torch_export"] == {"torch"}
    for lane in ("tensorflow", "keras"):
        assert needed[lane, "litert"] == {"ai_edge_litert"}
    for lane in offered:
        assert needed[lane, "onnx"] == {"onnxruntime"}
    assert all(line.count("!") == 0 for line in report_text(figures, 80).splitlines() if line.startswith("  onnx"))
