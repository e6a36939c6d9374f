"""Deployments in the report, as data and as text."""

from __future__ import annotations

import json
from typing import Any

from dlprof.session import told
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.records import Event, Run
from dlprof.session.report.deployment_text import deployment_text
from dlprof.session.report.figures import report
from dlprof.session.report.text import report_text

RUN = Run(1, "torch", "torch", None, "default", "mnist-mlp", 0, "cpu", 128)
META: dict[str, Any] = {"name": "x", "note": "", "started_at": "now", "machine": {"cpu": "a", "cores": {"usable": 2}}}
WORKED = {
    "format": "onnx",
    "save_ns": 2_000_000,
    "bytes": 1 << 20,
    "import_ns": 3_000_000,
    "load_ns": 4_000_000,
    "cold_start_ns": 50_000_000,
    "latency_p50_ns": 6_000,
    "latency_p95_ns": 7_000,
    "samples_per_s": 12345.6,
    "peak_bytes": 1 << 26,
    "largest_difference": 2e-6,
    "needs": ["onnxruntime"],
}
INSTALLED = {"distributions": 10, "bytes": 865_000_000, "import_ns": 1_300_000_000}


def figures(*events: tuple[str, dict[str, Any]], **settings: Any) -> dict[str, Any]:
    read = tuple(Event(i, 1, kind, told.event_data(kind, data)) for i, (kind, data) in enumerate(events))
    found = report(SessionHistory({**META, "settings": settings}, 9, True, (RunHistory(RUN, events=read),)))
    json.dumps(found, allow_nan=False)
    return found


def test_a_format_that_worked() -> None:
    found = figures(("deployed", WORKED), ("installed", INSTALLED))
    deploy = found["runs"][0]["deploy"]
    [format] = deploy["formats"]
    assert (deploy["clock"], format["worked"], format["equal"]) == ("host", True, True)
    assert (format["save_ms"], format["cold_start_ms"], format["latency_p50_ms"]) == (2.0, 50.0, 0.006)
    assert deploy["install"] == {"distributions": 10, "bytes": 865_000_000, "import_ms": 1300.0}
    lines = report_text(found, 80).splitlines()
    row = next(line for line in lines if line.startswith("  onnx"))
    assert row.split() == ["onnx", "1.00", "MiB", "2", "4", "50", "0.006", "0.007", "12,346", "64", "MiB", "2e-06"]
    assert any("10 packages, 825 MiB, import 1.3 s" in line for line in lines)


def test_a_format_that_predicts_otherwise_is_marked() -> None:
    other = {**WORKED, "largest_difference": 0.5}
    silent = {key: value for key, value in WORKED.items() if key != "largest_difference"}
    infinite = {**silent, "difference_reason": "predictions that are not finite"}
    found = figures(("deployed", other), ("deployed", infinite))
    first, second = found["runs"][0]["deploy"]["formats"]
    assert first["equal"] is False
    assert (second["equal"], second["equal_reason"]) == (None, "predictions that are not finite")
    rows = [line for line in report_text(found, 80).splitlines() if line.startswith("  onnx")]
    assert [row.split()[-1] for row in rows] == ["5e-01!", "unknown"]


def test_a_format_that_failed_has_its_reason_in_every_figure() -> None:
    reason = "onnx is not installed: pip install onnx " + "and more " * 20
    found = figures(("deployed", {"format": "onnx", "reason": reason}), ("installed", {"reason": "no torch"}))
    deploy = found["runs"][0]["deploy"]
    [format] = deploy["formats"]
    assert (format["worked"], format["reason"]) == (False, reason)
    assert (format["bytes"], format["bytes_reason"]) == (None, reason)
    assert deploy["install"]["import_ms_reason"] == "no torch"
    lines = deployment_text([("torch", deploy)], 80)
    assert any(line.startswith("  onnx: n/a: onnx is not installed") for line in lines)
    assert max(map(len, lines)) <= 80


def test_what_was_not_asked_for_or_not_come_to_says_so() -> None:
    assert figures()["runs"][0]["deploy_reason"] == "not asked for: --deploy"
    assert figures(deploy=True)["runs"][0]["deploy_reason"] == "the run did not come to it"
    assert deployment_text([("torch", None)], 80) == []


def test_numbers_of_another_type_were_not_told() -> None:
    hostile = {**WORKED, "save_ns": "1", "needs": {"a": 1}, "bytes": True, "samples_per_s": None, "peak_bytes": [1]}
    [format] = figures(("deployed", hostile))["runs"][0]["deploy"]["formats"]
    assert (format["save_ms"], format["bytes"], format["peak_bytes"], format["needs"]) == (None, None, None, [])
    assert format["save_ms_reason"] == "not told"
