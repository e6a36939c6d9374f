"""The plots of a task: every lane and every quantity on one axis of time, in fixed buckets that merge in pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from dlprof.session.history import RunHistory
from dlprof.session.statistics import quantiles
from dlprof.session.table import column
from dlprof.tui import drawing

MOST_BUCKETS = 256
SHORTEST_BUCKET_S = 1.0
"""About a round of turns: a shorter bucket would show when a lane waits, not how it trains."""
SHORTEST_ZOOMED_S = 1 / 16
"""Of a stretch that was zoomed to: there, when a lane waits is worth seeing."""
PAGES = 4
"""A zoomed axis goes along by that part of its length at once: what is drawn stays in its place meanwhile."""
MOST_REMEMBERED = 256
"""So many series, of runs, quantities and axes, are remembered before all are forgotten."""
HEADROOM = 1.25
"""The top of a plot is this times the 99th percentile of its buckets; what is higher is clipped and marked."""
MIB = 1 << 20
Series = tuple[float | None, ...]
Points = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Moments, ns, that rise, and values at them; both of shape (points,)."""


@dataclass(frozen=True)
class TimeAxis:
    """`buckets` of `bucket_s` seconds each from `origin_s` on, seconds since the session's start."""

    origin_s: float
    bucket_s: float
    buckets: int
    last_s: float | None = None
    """When the last record was, where nothing more comes."""

    @property
    def edges_ns(self) -> NDArray[np.float64]:
        """Where each bucket begins, and where the last ends, ns, shape (buckets + 1,)."""
        return (self.origin_s + np.arange(self.buckets + 1, dtype=np.float64) * self.bucket_s) * 1e9


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
    seconds, bucket_s = last_record_ns(runs) / 1e9 - origin_s, SHORTEST_BUCKET_S
    while seconds // bucket_s >= MOST_BUCKETS:
        bucket_s *= 2
    return TimeAxis(float(origin_s), bucket_s, int(seconds // bucket_s) + 1)


def last_record_ns(runs: Sequence[RunHistory]) -> float:
    """When the last step of `runs` ended, or their host memory was last sampled."""
    ends = [run.steps.last_end_ns for run in runs if len(run.steps)]
    return max(ends + [float(run.host[-1].t_ns) for run in runs if run.host])


def zoomed_axis(end_ns: int, length_ns: int) -> TimeAxis:
    """An axis of so long a stretch that `end_ns` is in its last part."""
    page_s, bucket_s = length_ns / 1e9 / PAGES, SHORTEST_ZOOMED_S
    while length_ns / 1e9 / bucket_s > MOST_BUCKETS:
        bucket_s *= 2
    origin_s = max(ceil(end_ns / 1e9 / page_s) * page_s - length_ns / 1e9, 0.0)
    return TimeAxis(origin_s, bucket_s, ceil(length_ns / 1e9 / bucket_s))


class Buckets:
    """Remembers the medians of buckets that are over; what it says depends on the history alone."""

    def __init__(self) -> None:
        self._over: dict[tuple[int, str, float, float], list[float | None]] = {}

    def steps(self, run: RunHistory, axis: TimeAxis, horizon_ns: int) -> Series:
        """Median step of those that count, ns."""

        def counted(since_ns: float) -> Points:
            steps = run.steps.since(since_ns).counted
            return steps.end_ns, steps.column("total_ns")

        return self._of(run, "step", axis, horizon_ns, counted)

    def losses(self, run: RunHistory, axis: TimeAxis, horizon_ns: int) -> Series:
        """Median loss."""

        def known(since_ns: float) -> Points:
            steps = run.steps.since(since_ns)
            return steps.end_ns, steps.column("loss")

        return self._of(run, "loss", axis, horizon_ns, known)

    def host(self, run: RunHistory, axis: TimeAxis, horizon_ns: int) -> Series:
        """Resident memory in MiB, so that the top of the plot is a round number in the units of the label."""

        def resident(_: float) -> Points:
            return column(run.host, "t_ns"), column(run.host, "rss") / MIB

        return held(self._of(run, "host", axis, horizon_ns, resident))

    def _of(
        self, run: RunHistory, quantity: str, axis: TimeAxis, horizon_ns: int, since: Callable[[float], Points]
    ) -> Series:
        if len(self._over) > MOST_REMEMBERED:
            self._over.clear()
        known = self._over.setdefault((run.run.id, quantity, axis.origin_s, axis.bucket_s), [])
        over = int(np.searchsorted(axis.edges_ns[1:], horizon_ns, side="right"))
        first = min(len(known), over)
        new = bucketed(*since(axis.edges_ns[first] - 1), axis, first)
        known += new[: over - first][len(known) - first :]
        return (*known[:first], *new)


def task_plots(
    runs: Sequence[RunHistory], axis: TimeAxis | None, horizon_ns: int, buckets: Buckets
) -> list[tuple[Plot, ...]]:
    """The plots of each run: step, loss and resident host memory, each on a scale common to all runs.

    Without a quantity of which nothing is known in any run.
    """
    if axis is None:
        return [() for _ in runs]
    quantities: list[tuple[str, list[Series], Callable[[float], str]]] = [
        ("step", [buckets.steps(run, axis, horizon_ns) for run in runs], lambda ns: f"{ns / 1e6:g} ms"),
        ("loss", [buckets.losses(run, axis, horizon_ns) for run in runs], lambda loss: f"{loss:g}"),
        ("host resident", [buckets.host(run, axis, horizon_ns) for run in runs], _mib),
    ]
    quantities = [
        quantity for quantity in quantities if any(value is not None for series in quantity[1] for value in series)
    ]
    tops = [scale_top([value for series in of_runs for value in series]) for _, of_runs, _ in quantities]
    return [
        tuple(
            Plot(name, of_runs[index], top, label(top))
            for (name, of_runs, label), top in zip(quantities, tops, strict=True)
        )
        for index in range(len(runs))
    ]


def bucketed(t_ns: NDArray[np.float64], values: NDArray[np.float64], axis: TimeAxis, first: int = 0) -> Series:
    """The median of `values` in each bucket from the `first` on, None where there is none.

    `t_ns` rises, both have shape (values,).
    """
    edges = np.searchsorted(t_ns, axis.edges_ns[first:]).tolist()
    parts = (values[start:end] for start, end in pairwise(edges))
    known = (part[np.isfinite(part)] for part in parts)
    return tuple(quantiles(part, 0.5)[0] if len(part) else None for part in known)


def held(series: Series) -> Series:
    """`series` of a level, which does not vanish between two samples: each gap with the value before it."""
    filled, known = list(series), [place for place, value in enumerate(series) if value is not None]
    for before, after in pairwise(known):
        filled[before:after] = [series[before]] * (after - before)
    return tuple(filled)


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


def _mib(mib: float) -> str:
    return drawing.size(int(mib * MIB)).strip()
