"""Moments of a session that are worth going to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlprof.session.history import RunHistory
from dlprof.session.table import column
from dlprof.tui import drawing


@dataclass(frozen=True)
class Landmark:
    """A moment, ns, and what is to be seen there."""

    t_ns: int
    said: str


def slowest_steps(runs: Sequence[RunHistory]) -> tuple[Landmark, ...]:
    """The slowest step that counts of each lane, when it ended; the slowest of all first."""
    found: list[tuple[float, Landmark]] = []
    for run in runs:
        counted = run.steps.counted
        totals = counted.column("total_ns")
        if not np.isfinite(totals).any():
            continue
        at = int(np.nanargmax(totals))
        clock, index = run.clocks.get("step", "n/a"), int(counted.column("index")[at])
        took = drawing.milliseconds(float(totals[at])).strip()
        said = f"{run.run.lane}: its slowest step that counts, number {index}: {took} ms ({clock})"
        found.append((float(totals[at]), Landmark(int(np.ceil(counted.end_ns[at])), said)))
    return _largest_first(found)


def memory_peaks(runs: Sequence[RunHistory]) -> tuple[Landmark, ...]:
    """When each lane held most memory: of its GPU where that is known, and of the host; the largest first."""
    found: list[tuple[float, Landmark]] = []
    for run in runs:
        for what, records, field in (("GPU memory", run.gpu, "used"), ("resident host memory", run.host, "rss")):
            sizes = column(records, field)
            if not np.isfinite(sizes).any():
                continue
            at = int(np.nanargmax(sizes))
            said = f"{run.run.lane}: its most {what}: {drawing.size(int(sizes[at])).strip()}"
            found.append((float(sizes[at]), Landmark(int(column(records, "t_ns")[at]), said)))
    return _largest_first(found)


def next_of(landmarks: Sequence[Landmark], position_ns: int) -> Landmark | None:
    """The first one; at one of them the next, and after the last the first. None where there is none."""
    places = [place for place, landmark in enumerate(landmarks) if landmark.t_ns == position_ns]
    return landmarks[(places[-1] + 1) % len(landmarks) if places else 0] if landmarks else None


def _largest_first(found: list[tuple[float, Landmark]]) -> tuple[Landmark, ...]:
    return tuple(landmark for _, landmark in sorted(found, key=lambda each: -each[0]))
