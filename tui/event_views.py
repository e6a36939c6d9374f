"""What happened in a session, in the order of its time: plain values that widgets draw."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dlprof.session.history import SessionHistory
from dlprof.session.records import FAILED_STATUSES, INTERRUPTED, DeviceLoad, Event
from dlprof.session.table import column, distinct

BAD_STATUSES = (*FAILED_STATUSES, INTERRUPTED)


@dataclass(frozen=True)
class EventLine:
    """Something that happened at a moment, ns, to `whom`: task and lane, a GPU, the session; `bad` for its figures."""

    t_ns: int
    whom: str
    what: str
    bad: bool = False

    def __str__(self) -> str:
        """The event in a line."""
        return f"{self.t_ns / 1e9:7.1f}s {'!' if self.bad else ' '} {self.whom} {self.what}"


def event_lines(history: SessionHistory) -> tuple[EventLine, ...]:
    """All that is worth a line, the oldest first."""
    lines = [line for event in history.events if (line := _line(event, "session"))]
    for run in history.runs:
        whom = f"{run.run.task} {run.run.lane}"
        lines += [line for event in run.events if (line := _line(event, whom))]
    lines += _throttled(history.loads)
    return tuple(sorted(lines, key=lambda line: line.t_ns))


def event_at(lines: Sequence[EventLine], position_ns: int) -> int | None:
    """The place of the newest event that had happened; None before the first."""
    place = bisect_right(lines, position_ns, key=lambda line: line.t_ns) - 1
    return place if place >= 0 else None


def next_event(lines: Sequence[EventLine], position_ns: int, direction: int) -> EventLine | None:
    """The first event after a moment, or (direction -1) the last before it."""
    later = [line for line in lines if line.t_ns > position_ns]
    earlier = [line for line in lines if line.t_ns < position_ns]
    return (later[0] if later else None) if direction > 0 else (earlier[-1] if earlier else None)


def _line(event: Event, whom: str) -> EventLine | None:
    data = event.data
    if event.kind == "status":
        status = data.get("status")
        cause = f": {data['cause']}" if data.get("cause") else ""
        said = "warm-up over" if status == "ready" else status
        return EventLine(event.t_ns, whom, f"{said}{cause}", status in BAD_STATUSES)
    if event.kind == "dropped":
        return EventLine(event.t_ns, whom, f"{data.get('steps')} steps dropped so far: not recorded", bad=True)
    if event.kind == "unavailable":
        return EventLine(event.t_ns, whom, f"{data.get('what')} n/a: {data.get('reason')}", bad=True)
    if event.kind == "prepared":
        return EventLine(event.t_ns, whom, f"data of {data.get('task')} prepared")
    if event.kind == "metrics":
        reason = data.get("reason")
        return EventLine(event.t_ns, whom, f"metrics n/a: {reason}" if reason else "evaluated", bad=bool(reason))
    if event.kind == "deployed":
        reason = data.get("reason")
        said = f"{data.get('format')} n/a: {reason}" if reason else f"deployed as {data.get('format')}"
        return EventLine(event.t_ns, whom, said, bad=bool(reason))
    return None


def _throttled(loads: Sequence[DeviceLoad]) -> Iterator[EventLine]:
    """When a GPU's clocks began to be held down, why, and when that was over."""
    if not len(loads):
        return
    (devices, of_device), (reasons, why) = distinct(loads, "device"), distinct(loads, "throttle")
    times = column(loads, "t_ns")
    for place, device in enumerate(devices):
        mine = np.flatnonzero(of_device == place)
        changed = mine[np.flatnonzero(np.diff(why[mine], prepend=-1))]
        held = ""
        for at in changed.tolist():
            reason = reasons[int(why[at])] or ""
            if reason != held:
                said = f"clocks held down: {reason}" if reason else "clocks no longer held down"
                yield EventLine(int(times[at]), str(device), said, bad=bool(reason))
            held = reason
