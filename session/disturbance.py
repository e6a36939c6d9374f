"""Turns that something outside the lane disturbed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.session.effects import Doubt
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.records import LEFT_OUT, Turn
from dlprof.session.statistics import NotAvailable
from dlprof.session.table import column
from dlprof.session.text import clean_line

OTHERS_SHARE = 0.05
"""Share of the cores' time in a turn that others may use: half a busy core of ten. A step slows by about as much."""
STEAL_SHARE = 0.05
THROTTLED_SHARE = 0.01
"""Share of a turn in which a quota may stop the lane. It stops the whole lane, so it counts sooner."""
MOSTLY = 0.5
"""Share of the turns of a lane from which on an assumption about its spread is not made."""
OTHER_PROCESSES, STEAL, QUOTA = "other processes", "hypervisor", "cpu quota"
REASONS = (OTHER_PROCESSES, STEAL, QUOTA)
NONE_KNOWN = -1


def disturbances(turns: Sequence[Turn], cores: int) -> NDArray[np.intp]:
    """What disturbed each turn, as a place in REASONS, shape (turns,); NONE_KNOWN where nothing is known to have.

    `cores`: those the lane may use.
    """
    duration = column(turns, "end_ns") - column(turns, "start_ns")
    allowed = (OTHERS_SHARE * cores, STEAL_SHARE * cores, THROTTLED_SHARE)
    beyond = [taken > share * duration for taken, share in zip(_taken(turns), allowed, strict=True)]
    return np.select(beyond, [*range(len(REASONS))], NONE_KNOWN)


def is_disturbed(turn: Turn, cores: int) -> bool:
    """Whether anything is known to have disturbed `turn`; `cores`: those the lane may use."""
    return bool(disturbances([turn], cores)[0] != NONE_KNOWN)


def were_watched(turns: Sequence[Turn]) -> bool:
    """Whether anything is known of what went on during any of `turns`."""
    return not all(np.isnan(taken).all() for taken in _taken(turns))


def disturbed_turns(turns: Sequence[Turn], meta: Mapping[str, Any]) -> Counter[str] | NotAvailable:
    """How many of `turns` each of REASONS disturbed; `meta` is the session's description."""
    cores = usable_cores(meta)
    if not len(turns):
        return Counter()
    if cores is None:
        return NotAvailable("the machine's cores are not known")
    if not were_watched(turns):
        return NotAvailable("not known what else went on")
    places = disturbances(turns, cores)
    return Counter(REASONS[place] for place in places[places != NONE_KNOWN])


def mostly_disturbed(runs: Sequence[RunHistory], session: SessionHistory) -> Doubt | None:
    """That of the starts of a lane more than half of the turns that count were disturbed; None where they were not.

    What is assumed of the spread from start to start was measured where little else went on: it does not hold then.
    """
    if session.leaves_out_disturbed:
        return None
    found = [disturbed_turns(run.turns, session.meta) for run in runs]
    disturbed = sum(counts.total() for counts in found if not isinstance(counts, NotAvailable))
    total = sum(len(run.turns) for run in runs)
    if not are_most(disturbed, total):
        return None
    lane = clean_line(runs[0].run.lane, 60)
    return Doubt(
        f"most turns of {lane} were disturbed from outside",
        f"{disturbed} of {total}; record where less goes on, and without a screen (--record), or measure what it does: "
        "--repeat 3",
    )


def are_most(disturbed: int, turns: int) -> bool:
    """Whether so many of the turns of a lane were disturbed that little can be said of it."""
    return disturbed > MOSTLY * turns


def _taken(turns: Sequence[Turn]) -> list[NDArray[np.float64]]:
    """The time that each of REASONS took of each turn, ns."""
    return [column(turns, name) for name in ("others_cpu_ns", "steal_ns", "throttled_ns")]


def usable_cores(meta: Mapping[str, Any]) -> int | None:
    """The cores that lanes could use, from a session's description."""
    machine = meta.get("machine")
    cores = machine.get("cores") if isinstance(machine, dict) else None
    found = (cores.get("usable") or cores.get("logical")) if isinstance(cores, dict) else None
    return found if isinstance(found, int) and found > 0 else None


def without_disturbed(history: SessionHistory) -> SessionHistory:
    """The session with the steps of disturbed turns flagged LEFT_OUT, so that nothing computed counts them."""
    cores = usable_cores(history.meta)
    runs = history.runs if cores is None else tuple(_without(run, cores) for run in history.runs)
    return replace(history, leaves_out_disturbed=True, runs=runs)


def _without(history: RunHistory, cores: int) -> RunHistory:
    turns = column(history.turns, "index")[disturbances(history.turns, cores) != NONE_KNOWN]
    return replace(history, steps=history.steps.flagged(np.isin(history.steps.column("turn"), turns), LEFT_OUT))
