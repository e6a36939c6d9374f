"""A session in lines of plain text, one a lane and interval, for where there is no screen."""

from __future__ import annotations

from collections.abc import Iterable

from dlprof.session.figures import grouped
from dlprof.session.history import SessionHistory
from dlprof.session.text import clean_line
from dlprof.tui import drawing
from dlprof.tui.known import Known
from dlprof.tui.views import OVER, LaneView, MemoryRow, PhaseRow, session_view

LONGEST_PART = 200


class PlainView:
    """Says how the lanes of a session are; of a run that is over, once."""

    def __init__(self) -> None:
        self._over: set[tuple[str, str, str]] = set()
        self._told: dict[str, str] = {}
        self._known = Known()

    def lines(self, history: SessionHistory, *, recording: bool) -> list[str]:
        """A line for each lane of the task that is trained, and one for each other run that ended since the last call.

        One more says which lane is faster, where that is not what the last one said. The figures are those of the
        session screen: of all steps so far that count.
        """
        lines = []
        for task in history.tasks:
            view = session_view(history, history.horizon_ns, task, self._known, recording=recording)
            is_newest = task == history.tasks[-1]
            for lane in view.lanes:
                key, is_over = (task, lane.lane, lane.repeat), lane.status in OVER
                if key in self._over or not (is_over or is_newest):
                    continue
                if is_over:
                    self._over.add(key)
                lines.append(lane_line(view.seconds, task, lane))
            if view.verdict and self._told.get(task) != view.verdict:
                self._told[task] = view.verdict
                lines.append(_line(view.seconds, [task, view.verdict]))
        return lines


def lane_line(seconds: float, task: str, lane: LaneView) -> str:
    """One lane at a moment of its session, `seconds` in, in one line."""
    phases = {row.phase: row for row in lane.rows}
    repeat = f" repeat {lane.repeat}" if lane.repeat else ""
    parts = [
        f"{task} {lane.lane}{repeat}",
        f"{lane.status}{lane.status_note}",
        f"{grouped(lane.steps.counted)} steps counted",
        *_times(phases),
        *_rate(lane),
        *(_memory(row) for row in lane.memory if not _is_absent(row) or row.name.startswith("host")),
    ]
    return _line(seconds, parts)


def _line(seconds: float, parts: Iterable[str]) -> str:
    return f"{seconds:8.1f} s  " + "  ".join(clean_line(part, LONGEST_PART) for part in parts)


def _times(phases: dict[str, PhaseRow]) -> list[str]:
    """Step, forward and backward; where there is no step yet, its reason is that of all."""
    if phases["step"].reason is not None:
        return [_time(phases["step"])]
    return [_time(phases[phase]) for phase in ("step", "forward", "backward")]


def _time(row: PhaseRow) -> str:
    if row.reason is not None:
        return f"{row.phase} n/a: {row.reason}"
    return f"{row.phase} {drawing.milliseconds(row.spread.median_ns).strip()} ms {row.clock}"


def _rate(lane: LaneView) -> list[str]:
    return [] if lane.samples_per_s is None else [f"{drawing.rate(lane.samples_per_s)} samples/s"]


def _is_absent(row: MemoryRow) -> bool:
    return row.now is None and row.peak is None


def _memory(row: MemoryRow) -> str:
    return f"{row.name} n/a: {row.reason}" if row.now is None else f"{row.name} {drawing.size(row.now).strip()}"
