"""Deployments on both sides of a comparison: what a verdict needs, and what is said where it lacks."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import pytest
from made_recordings import between, recording, run

from dlprof.session import told
from dlprof.session.compare.data import comparison_data
from dlprof.session.compare.model import Comparison, FormatChange, Row
from dlprof.session.compare.recording import Recording, Trial, summarised
from dlprof.session.compare.text import comparison_text
from dlprof.session.compare.trials import NO_SPREAD
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.records import Event, Run

CALM = (0.0, 0.004, -0.004)


def side(*saves_ms: float, size: float = 1 << 20, first: int = 0) -> list[Recording]:
    """A recording of as many starts, each deployed as ONNX."""
    trials = [{"onnx": Trial({"bytes": size, "save_ms": save})} for save in saves_ms]
    runs = [run({"step": 1.0}, repeat=repeat, trials=trial) for repeat, trial in enumerate(trials)]
    return [recording(*runs, at=first)]


def onnx(comparison: Comparison) -> dict[str, Row]:
    [lane] = comparison.lanes
    [of] = lane.formats
    assert of.name == "onnx"
    return {row.quantity.key: row for row in of.rows}


def spread(factor: float) -> list[float]:
    return [10 * factor * math.exp(log) for log in CALM]


def test_one_trial_a_side_has_a_ratio_and_no_verdict_but_a_size_is_counted() -> None:
    comparison = between([side(10.0), side(20.0, size=2 << 20, first=1)])
    rows = onnx(comparison)
    assert (rows["save_ms"].effect, rows["save_ms"].reason) == (None, NO_SPREAD)
    assert rows["bytes"].verdict == "more"
    text = comparison_text(comparison, 100)
    assert [line.split() for line in text.splitlines() if line.startswith("    save ")] == [
        ["save", "10.0000", "ms", "20.0000", "ms", "2.000", "-", "no", "spread"]
    ]
    assert NO_SPREAD in " ".join(text.split())


@pytest.mark.parametrize(("factor", "verdict"), [(2.0, "slower"), (0.5, "faster"), (1.0, "inconclusive")])
def test_several_trials_show_their_spread(factor: float, verdict: str) -> None:
    rows = onnx(between([side(*spread(1.0)), side(*spread(factor), first=1)]))
    assert rows["save_ms"].verdict == verdict
    assert rows["bytes"].verdict == "same"
    assert not any(row.gates for row in rows.values())


def test_a_format_of_one_side_only_says_what_the_other_lacks() -> None:
    failed = [recording(run({"step": 1.0}, trials={"onnx": Trial({}, "onnx is not installed")}), at=1)]
    assert onnx(between([side(10.0), failed]))["save_ms"].reason == "candidate: onnx is not installed"
    without = [recording(run({"step": 1.0}), at=1)]
    rows = onnx(between([side(10.0), without]))
    assert rows["save_ms"].reason == "candidate: not tried"
    assert rows["save_ms"].is_known


def test_nothing_is_there_where_nothing_was_deployed() -> None:
    comparison = between([[recording(run({"step": 1.0}), at=0)], [recording(run({"step": 1.0}), at=1)]])
    assert comparison.lanes[0].formats == ()
    assert "deployed" not in comparison_text(comparison, 80)


def test_programs_get_the_rows_too() -> None:
    data = comparison_data(between([side(10.0), side(20.0, first=1)]))
    json.dumps(data, allow_nan=False)
    [of] = data["lanes"][0]["formats"]
    save = next(row for row in of["rows"] if row["quantity"] == "save_ms")
    assert (save["baseline"], save["ratio"], save["ratio_reason"]) == (pytest.approx(10), None, NO_SPREAD)


def trials(*events: dict[str, Any]) -> Sequence[FormatChange]:
    read = tuple(Event(i, 1, "deployed", told.event_data("deployed", data)) for i, data in enumerate(events))
    of = Run(1, "torch", "torch", None, "default", "mnist-mlp", 0, "cpu", 128)
    histories = [
        SessionHistory({"id": name, "started_at": name}, 9, True, (RunHistory(of, events=read),)) for name in "ab"
    ]
    return between([[summarised(history, "x")] for history in histories], force=True).lanes[0].formats


def test_what_a_session_says_becomes_trials() -> None:
    [good, bad] = trials({"format": "onnx", "save_ns": 2_000_000, "bytes": 9}, {"format": "litert", "reason": "none"})
    known = {row.quantity.key: row.baseline.value for row in good.rows if row.is_known}
    assert known == {"save_ms": pytest.approx(2.0), "bytes": pytest.approx(9.0)}
    assert {row.reason for row in bad.rows} == {"baseline: none; candidate: none"}


@pytest.mark.parametrize("value", [0, -1])
def test_what_no_ratio_can_be_made_of_is_no_value(value: int) -> None:
    [of] = trials({"format": "onnx", "save_ns": value, "bytes": 9})
    assert [row.quantity.key for row in of.rows if row.is_known] == ["bytes"]
