"""Reports of sessions with known differences between their lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import simulation

from dlprof.session.history import STEP_COLUMNS, RunHistory, SessionHistory, Steps
from dlprof.session.records import Event
from dlprof.session.report.figures import report

META: dict[str, Any] = {
    "name": "x",
    "note": "",
    "started_at": "now",
    "schedule": "turns",
    "machine": {"cpu": "a", "cores": {"usable": 2}},
    "settings": {"deploy": True},
}
CLOCKS = dict.fromkeys(("data", "forward", "backward", "optimizer", "other", "step"), "host")
SHARES = {"data_ns": 0.1, "forward_ns": 0.3, "backward_ns": 0.4, "optimizer_ns": 0.1}
MIB = 1 << 20


def two_lanes(ratio: float, repeats: int, seed: int = 4) -> list[RunHistory]:
    """Starts of lanes `a` and `b`, of which the second takes `ratio` as long in every phase, and twice the memory."""
    lanes = simulation.two_lanes(np.random.default_rng(seed), ratio, 0.005, repeats)
    return [
        _described(replace(run, run=replace(run.run, id=2 * run.run.repeat + place)), (1 + place) * 100 * MIB)
        for place, lane in enumerate(lanes)
        for run in lane
    ]


def _described(run: RunHistory, peak: int) -> RunHistory:
    values = run.steps.values.copy()
    for name, share in SHARES.items():
        values[:, STEP_COLUMNS.index(name)] = share * values[:, STEP_COLUMNS.index("total_ns")]
    said = {"clocks": CLOCKS, "host_training_peak_bytes": peak + run.run.repeat, "host_peak_since": "training"}
    return with_events(replace(run, steps=Steps(values)), ("described", said), ("status", {"status": "completed"}))


def with_events(run: RunHistory, *events: tuple[str, dict[str, Any]]) -> RunHistory:
    return replace(run, events=(*run.events, *(Event(1, run.run.id, kind, data) for kind, data in events)))


def deployed(run: RunHistory, name: str, cold_start_ms: float, difference: float = 0.0) -> RunHistory:
    """The run with one more format, and its framework's size."""
    durations = ("save", "import", "load", "cold_start", "latency_p50", "latency_p95")
    data = {"format": name, "bytes": MIB, "samples_per_s": 1e6 / cold_start_ms, "peak_bytes": MIB}
    data |= {f"{duration}_ns": round(cold_start_ms * 1e6) for duration in durations}
    installed = {"distributions": 3, "bytes": 1000 * MIB, "import_ns": 10**9}
    return with_events(run, ("deployed", {**data, "largest_difference": difference}), ("installed", installed))


def report_of(runs: Sequence[RunHistory], **meta: Any) -> dict[str, Any]:
    prepared = Event(1, None, "prepared", {"task": "mnist-mlp", "samples": 1280, "bytes": 5_000_000})
    return report(SessionHistory({**META, **meta}, 1, True, tuple(runs), events=(prepared,)))


def row(figures: dict[str, Any], table: str, quantity: str) -> dict[str, Any]:
    (found,) = [
        row for one in figures["tables"] if one["table"] == table for row in one["rows"] if row["quantity"] == quantity
    ]
    return found
