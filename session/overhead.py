"""What dlprof itself costs, weighed inside the recording.

Steps without stamps (dark) ran in random short blocks between the others (lit), and some whole turns ran without stack
sampling. The cost is the effect of the kind on the logarithm of the time, next to a fixed effect of the neighbourhood
(the turn of a step; a block of turns), so drift cancels; wild steps are clipped (Huber 1964). Dividing by the
neighbourhood's median instead would find too little: where many of it are dark, that median is a dark one.

Neighbours resemble each other, so whole neighbourhoods are the unit of the interval: a cluster-robust standard error
(Liang and Zeger 1986). It stands in for a bootstrap over turns, which would take a thousand times as long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.session.estimators import t_quantile
from dlprof.session.history import RunHistory, Steps
from dlprof.session.records import COLD, DARK
from dlprof.session.statistics import NotAvailable
from dlprof.session.table import column
from dlprof.session.turn_medians import group_numbers

NOTHING_STAMPED = "nothing is stamped inside its steps"
ALL_SAMPLED = "no turns ran without it"
"""Of a probed run, which has no dark steps that would show whether the cost was to be weighed."""
NOT_WEIGHED = "not weighed (--no-overhead-check)"
TOO_SHORT = "too short to say"
FEWEST_CLUSTERS = 8
"""Turns, or blocks of turns, that hold both kinds. With fewer their spread is not known well enough."""
WIDEST = 0.05
"""Half the width of an interval that still tells something: a cost is a few per cent."""
TURNS_IN_BLOCK = 8
TURNS, BLOCKS = "turns", f"blocks of {TURNS_IN_BLOCK} turns"
UNSETTLED = 2
"""Steps after a change of kind that are not weighed. Where the kinds are two graphs, the first step of either was
measured 5 % slow, the second 2 %: weighing them hid most of a cost of 3 %. Cold steps are a kind of their own: if they
were lit ones, the first steps after them, still slower than the rest, would be weighed where they are lit and not where
they are dark, which was measured to find a cost of 0.2 % where there is none."""
CLIPPED = 0.1
"""Share of values clipped on either side."""
ENOUGH = 30_000
"""Of more steps than this, whole turns are left out evenly: the interval is then far below 1 %."""


@dataclass(frozen=True)
class Cost:
    """Time with over time without, and its 95 % interval."""

    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class StampCost:
    """The cost of timing the phases of a step: as a ratio, and as nanoseconds a step."""

    cost: Cost
    ns_per_step: float


def stamp_cost(steps: Steps) -> StampCost | NotAvailable:
    """The cost of stamps and records, from the lit and dark steps among `steps`."""
    of_all, steps = steps, _enough(steps)
    flags = steps.column("flags").astype(np.int64)
    weighed = ((flags == 0) | (flags == DARK)) & settled(flags & (DARK | COLD))
    lit, totals, turns = flags[weighed] == 0, steps.column("total_ns")[weighed], steps.column("turn")[weighed]
    if lit.all():
        return NotAvailable(NOTHING_STAMPED) if _are_probed(steps) else _none_yet(of_all, TURNS)
    cost = _ratio(totals, lit, turns, TURNS)
    if isinstance(cost, NotAvailable):
        return cost
    return StampCost(cost, float(np.median(totals[~lit])) * (cost.ratio - 1))


def _are_probed(steps: Steps) -> bool:
    """Whether all of the steps are without phases inside."""
    return len(steps) > 0 and bool(np.isnan(steps.column("forward_ns")).all())


def _none_yet(steps: Steps, what: str) -> NotAvailable:
    """Why there is nothing to weigh. Where costs are to be weighed some of the warm-up runs without stamps, too."""
    are_dark = (steps.column("flags").astype(np.int64) & DARK) != 0
    if are_dark.any() or not len(steps):
        return too_short(0, what)
    return NotAvailable(ALL_SAMPLED if _are_probed(steps) else NOT_WEIGHED)


def _enough(steps: Steps) -> Steps:
    apart = len(steps) // ENOUGH + 1
    return steps if apart == 1 else steps.where(steps.column("turn").astype(np.int64) % apart == 0)


def settled(kinds: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the UNSETTLED steps before each were of its kind, shape (steps,)."""
    found = np.ones(len(kinds), dtype=np.bool_)
    for before in range(1, UNSETTLED + 1):
        found[before:] &= kinds[before:] == kinds[:-before]
    return found


def sampling_cost(history: RunHistory) -> Cost | NotAvailable:
    """The cost of stack sampling, from the turns with and without it."""
    indices, sampled = column(history.turns, "index"), column(history.turns, "sampled") != 0
    if len(sampled) and not sampled.any():
        return NotAvailable("no stacks were sampled")
    if sampled.all():
        return _none_yet(history.steps, BLOCKS)
    found = history.steps.counted.turn_medians
    _, of_medians, of_turns = np.intersect1d(found.turns, indices, assume_unique=True, return_indices=True)
    clusters = np.arange(len(of_turns)) // TURNS_IN_BLOCK
    return _ratio(found.medians_ns[of_medians], sampled[of_turns], clusters, BLOCKS)


def too_short(count: int, what: str) -> NotAvailable:
    """That there are `count` of the FEWEST_CLUSTERS that a cost is found from: TURNS or BLOCKS."""
    return NotAvailable(f"{TOO_SHORT}: {count} of {FEWEST_CLUSTERS} {what}")


def _ratio(
    values: NDArray[np.float64], treated: NDArray[np.bool_], clusters: NDArray[Any], what: str
) -> Cost | NotAvailable:
    """Ratio of the treated to the other values, which are durations; all of shape (values,), `clusters` rising.

    `what` the clusters are.
    """
    positive = values > 0
    values, treated, cluster = values[positive], treated[positive], group_numbers(clusters[positive])
    of_treated, of_others = np.bincount(cluster, treated), np.bincount(cluster, ~treated)
    mixed = (of_treated > 0) & (of_others > 0)
    count = int(mixed.sum())
    if count < FEWEST_CLUSTERS:
        return too_short(count, what)
    kept = mixed[cluster]
    cluster = group_numbers(cluster[kept])
    effect, influences = _effect(np.log(values[kept]), treated[kept].astype(np.float64), cluster)
    half_width = t_quantile(0.975, count - 1) * math.sqrt(float(influences @ influences) * count / (count - 1))
    if half_width > WIDEST:
        return NotAvailable(f"{TOO_SHORT}: known to ±{half_width:.0%}")
    return Cost(math.exp(effect), math.exp(effect - half_width), math.exp(effect + half_width))


def _effect(
    logs: NDArray[np.float64], treated: NDArray[np.float64], cluster: NDArray[np.intp]
) -> tuple[float, NDArray[np.float64]]:
    """The effect of `treated` (1 or 0) beside one effect a cluster, and each cluster's influence on it.

    Least squares within clusters on clipped residuals, repeated from the better residuals until it stands.
    """
    within = treated - (np.bincount(cluster, treated) / np.bincount(cluster))[cluster]
    weight = float((within * within).sum()) * (1 - 2 * CLIPPED)  # not @: its threads, once asleep, wake up for 20 ms
    effect, clipped = 0.0, logs
    for _ in range(3):
        rest = logs - effect * treated
        rest -= _medians(rest, cluster)[cluster]
        clipped = np.clip(rest, *np.quantile(rest, (CLIPPED, 1 - CLIPPED)))
        effect += float((within * clipped).sum()) / weight
    return effect, np.bincount(cluster, within * clipped) / weight


def _medians(values: NDArray[np.float64], cluster: NDArray[np.intp]) -> NDArray[np.float64]:
    """The median of each cluster, shape (clusters,); clusters are numbered from 0 without gaps and rise."""
    apart = cluster * (float(np.ptp(values)) + 1)  # one sort then sorts every cluster in itself, ten times as fast
    ordered = np.sort(values + apart) - apart
    counts = np.bincount(cluster)
    first = np.cumsum(counts) - counts
    return (ordered[first + (counts - 1) // 2] + ordered[first + counts // 2]) / 2
