"""Recordings with known figures, as a comparison sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from dlprof.session.compare.comparison import compare
from dlprof.session.compare.extent import Extent
from dlprof.session.compare.model import Comparison
from dlprof.session.compare.quantities import QUANTITIES, Measure
from dlprof.session.compare.recording import Key, Recording, RunSummary
from dlprof.session.compare.stacks import FrameTimes
from dlprof.session.history import StepCounts
from dlprof.session.turn_medians import TurnMedians

KEY = Key("mnist-mlp", "torch", "default")
DESCRIBED: dict[str, Any] = {"framework": "torch", "device": "cpu", "batch_size": 128, "parameters": 101770}
META: dict[str, Any] = {"schedule": "turns", "machine": {"cpu": "a"}, "versions": {}, "settings": {"seed": 0}}
TURNS = 3
EXTENT = Extent(1, 750_000_000, TURNS, 0, StepCounts(12, 0, 8, 0, 40, 1940), 0)
"""Of each run."""
FIRST = datetime(2026, 1, 2, tzinfo=UTC)


def run(values: Mapping[str, float], key: Key = KEY, **changes: Any) -> RunSummary:
    """A completed run of TURNS turns with these values; every other quantity is not available."""
    measures = {
        quantity.key: Measure(values[quantity.key], "host")
        if quantity.key in values
        else Measure(None, "", "no sample")
        for quantity in QUANTITIES
    }
    turns = TurnMedians(np.arange(float(TURNS)), np.full(TURNS, 1e6 * values.get("step", 1.0)))
    whole = RunSummary(key, 0, "completed", None, DESCRIBED, measures, turns, FrameTimes({}), 0, EXTENT)
    return replace(whole, **changes)


def recording(*runs: RunSummary, at: int = 0, **meta: Any) -> Recording:
    """The `at`-th recording of a day of which each minute has one."""
    said = {**META, "complete": True, "started_at": (FIRST + timedelta(minutes=at)).isoformat(), **meta}
    return Recording(f"r{at}", said, runs)


def steps(logs: Sequence[float], at: Sequence[int], key: Key = KEY) -> list[Recording]:
    """A recording for each logarithm of a step around 1 ms, of one start, at these minutes."""
    pairs = zip(logs, at, strict=True)
    return [recording(run({"step": float(np.exp(log))}, key), at=minute) for log, minute in pairs]


def between(sides: Sequence[Sequence[Recording]], **options: Any) -> Comparison:
    """The comparison of two sides."""
    baseline, candidate = sides
    return compare(baseline, candidate, **options)
