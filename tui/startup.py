"""How far a lane's start has come."""

from __future__ import annotations

from dataclasses import dataclass

from dlprof.session.history import RunHistory

STAGES = {
    "starting": ("starting", "a process of its own"),
    "importing": ("importing", "the framework"),
    "building": ("building", "data and model"),
    "warming up": ("warming up", "traces, compiles, fills caches"),
    "ready": ("waiting", "for the other lanes, or its turn"),
}
"""Statuses before the first turn, in their order, as they are shown, and what goes on meanwhile."""


@dataclass(frozen=True)
class StartupStage:
    """A part of the start; `seconds` is how long it took, or has gone on for. None before it has begun."""

    name: str
    what: str
    seconds: float | None
    over: bool


def startup(history: RunHistory, now_ns: int) -> tuple[StartupStage, ...]:
    """The parts of a start that goes on; none once the lane steps, or has ended."""
    begun = [(str(e.data.get("status")), e.t_ns) for e in history.events if e.kind == "status"]
    if not begun or begun[-1][0] not in STAGES or history.turns:
        return ()
    ends = [t_ns for _, t_ns in begun[1:]] + [now_ns]
    took = {status: (end - t_ns) / 1e9 for (status, t_ns), end in zip(begun, ends, strict=True)}
    over = [status for status, _ in begun[:-1]]
    return tuple(StartupStage(*said, took.get(status), status in over) for status, said in STAGES.items())
