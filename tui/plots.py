"""The plots of a task: every lane and every quantity on one axis of time, in fixed buckets that merge in pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dlprof.session.history import RunHistory
from dlprof.session.statistics import quantiles
from dlprof.session.table import column
from dlprof.tui import drawing

MOST_BUCKETS = 256
SHORTEST_BUCKET_S = 1.0
"""About a round of turns: a shorter bucket would show when a lane waits, not how it trains."""
HEADROOM = 1.25
"""The top of a plot is this times the 99th percentile of its buckets; what is higher is clipped and marked."""
MIB = 1 << 20
Series = tuple[float | None, ...]


@dataclass(frozen=True)
class TimeAxis:
    """`buckets` of `bucket_s` seconds each from `origin_s` on, seconds since the session's start."""

    origin_s: float
    bucket_s: float
    buckets: int


@dataclass(frozen=True)
class Plot:
    """A quantity over the axis of its task, None in buckets without data; drawn from 0 to `top`."""

    name: str
    values: Series
    top: float
    top_label: str


def time_axis(runs: Sequence[RunHistory]) -> TimeAxis | None:
    """The axis of a task's runs, from the first step of any of them to the last record; None before a step."""
    begun = [run for run in runs if len(run.steps)]
    if not begun:
        return None
    origin_s = min(run.steps.column("start_ns")[0] for run in begun) // 1e9
    ends = [float(run.steps.end_ns[-1]) for run in begun] + [float(run.host[-1].t_ns) for run in runs if run.host]
    seconds, bucket_s = max(ends) / 1e9 - origin_s, SHORTEST_BUCKET_S
    while seconds // bucket_s >= MOST_BUCKETS:
        bucket_s *= 2
    return TimeAxis(float(origin_s), bucket_s, int(seconds // bucket_s) + 1)


def task_plots(runs: Sequence[RunHistory], axis: TimeAxis | None) -> list[tuple[Plot, ...]]:
    """The plots of each run: step, loss and resident host memory, each on a scale common to all runs."""
    if axis is None:
        return [() for _ in runs]
    quantities: list[tuple[str, list[Series], Callable[[float], str]]] = [
        ("step", [_steps(run, axis) for run in runs], lambda ns: f"{ns / 1e6:g} ms"),
        ("loss", [_losses(run, axis) for run in runs], lambda loss: f"{loss:g}"),
        ("host resident", [_host(run, axis) for run in runs], lambda mib: drawing.size(int(mib * MIB)).strip()),
    ]
    tops = [scale_top([value for series in of_runs for value in series]) for _, of_runs, _ in quantities]
    return [
        tuple(
            Plot(name, of_runs[index], top, label(top))
            for (name, of_runs, label), top in zip(quantities, tops, strict=True)
        )
        for index in range(len(runs))
    ]


def bucketed(t_ns: NDArray[np.float64], values: NDArray[np.float64], axis: TimeAxis) -> Series:
    """The median of `values` in each bucket, None where there is none; `t_ns` rises, both of shape (values,)."""
    edges = np.searchsorted(t_ns, (axis.origin_s + np.arange(axis.buckets + 1) * axis.bucket_s) * 1e9).tolist()
    parts = (values[first:last] for first, last in pairwise(edges))
    known = (part[np.isfinite(part)] for part in parts)
    return tuple(quantiles(part, 0.5)[0] if len(part) else None for part in known)


def scale_top(values: Sequence[float | None]) -> float:
    """What the top of a plot stands for: a round number, so that it changes seldom, that no outlier pushes up."""
    known = sorted(value for value in values if value is not None)
    if not known or known[-1] <= 0:
        return 1.0
    percentile = known[int(0.99 * (len(known) - 1))]
    wanted = min(HEADROOM * percentile, known[-1]) or known[-1]
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(
        next(step * power for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if wanted <= step * power * 1.001)
    )


def _steps(run: RunHistory, axis: TimeAxis) -> Series:
    counted = run.steps.counted
    return bucketed(counted.end_ns, counted.column("total_ns"), axis)


def _losses(run: RunHistory, axis: TimeAxis) -> Series:
    return bucketed(run.steps.end_ns, run.steps.column("loss"), axis)


def _host(run: RunHistory, axis: TimeAxis) -> Series:
    """In MiB, so that the top of the plot is a round number in the units of the label."""
    series = bucketed(column(run.host, "t_ns"), column(run.host, "rss") / MIB, axis)
    # Sampled once a second, or a little less often: a level does not vanish between two samples.
    return tuple(
        before if value is None and after is not None else value
        for before, value, after in zip((None, *series), series, (*series[1:], None), strict=False)
    )
