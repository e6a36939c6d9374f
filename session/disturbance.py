"""Turns that something outside the lane disturbed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.records import LEFT_OUT, Turn

OTHERS_SHARE = 0.05
"""Share of the cores' time in a turn that others may use: half a busy core of ten. A step slows by about as much."""
STEAL_SHARE = 0.05
THROTTLED_SHARE = 0.01
"""Share of a turn in which a quota may stop the lane. It stops the whole lane, so it counts sooner."""
OTHER_PROCESSES, STEAL, QUOTA = "other processes", "hypervisor", "cpu quota"
REASONS = (OTHER_PROCESSES, STEAL, QUOTA)


def disturbed(turn: Turn, cores: int) -> str | None:
    """What disturbed `turn`, one of REASONS; None where nothing is known to have. `cores`: those the lane may use."""
    duration = turn.end_ns - turn.start_ns
    shares = (
        (OTHER_PROCESSES, turn.others_cpu_ns, OTHERS_SHARE * cores),
        (STEAL, turn.steal_ns, STEAL_SHARE * cores),
        (QUOTA, turn.throttled_ns, THROTTLED_SHARE),
    )
    return next((reason for reason, ns, share in shares if ns is not None and ns > share * duration), None)


def was_watched(turn: Turn) -> bool:
    """Whether anything is known of what went on during `turn`."""
    return any(ns is not None for ns in (turn.others_cpu_ns, turn.steal_ns, turn.throttled_ns))


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
    turns = [turn.index for turn in history.turns if disturbed(turn, cores)]
    return replace(history, steps=history.steps.flagged(np.isin(history.steps.column("turn"), turns), LEFT_OUT))
