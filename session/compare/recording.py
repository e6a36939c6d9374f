"""What a comparison needs of one recording, so that the recording itself need not be kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dlprof.session.compare.quantities import Measure, measures
from dlprof.session.compare.stacks import FrameTimes, frame_times
from dlprof.session.disturbance import NONE_KNOWN, disturbances, usable_cores
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.records import FAILED_STATUSES
from dlprof.session.statistics import TurnMedians, turn_medians


@dataclass(frozen=True)
class Key:
    """What makes runs of two recordings the same: the task, the lane's name, and its mode."""

    task: str
    lane: str
    mode: str

    def __str__(self) -> str:
        """The task, the lane, and the mode where it is no default and not in the lane's name."""
        named = self.mode == "default" or self.mode in self.lane
        return f"{self.task} {self.lane}{'' if named else f' ({self.mode})'}"


@dataclass(frozen=True, eq=False)
class RunSummary:
    """One run: how it ended, what was measured, where its time went, and what describes it."""

    key: Key
    repeat: int
    status: str
    cause: str | None
    described: Mapping[str, Any]
    """The lane's word on itself, and `framework`, `backend`, `device`, `batch_size`."""
    measures: Mapping[str, Measure]
    turns: TurnMedians
    """The step of each turn, to be paired with those of a lane of the same recording."""
    frames: FrameTimes
    ended_ns: int
    """When its last turn ended, in the recording's time."""

    @property
    def failed(self) -> bool:
        """Whether the run failed, was killed, or could not start."""
        return self.status in FAILED_STATUSES


@dataclass(frozen=True, eq=False)
class Recording:
    """One recording: its description, and its runs."""

    label: str
    """What to call it: its path, or the name under which it was asked for."""
    meta: Mapping[str, Any]
    complete: bool
    runs: tuple[RunSummary, ...]
    turns: int = 0
    disturbed: int = 0
    """Of all its turns, those that something outside the lanes is known to have disturbed."""

    @property
    def started_at(self) -> str:
        """When it was started, ISO 8601; empty where it does not say."""
        said = self.meta.get("started_at")
        return said if isinstance(said, str) else ""

    @property
    def identity(self) -> tuple[str, ...]:
        """The same for copies of one recording, and for no two recordings."""
        recorder = self.meta.get("recorder")
        recorder = recorder if isinstance(recorder, dict) else {}
        if "start" not in recorder:
            return ("label", self.label)
        return (self.started_at, str(recorder.get("host")), str(recorder.get("pid")), str(recorder["start"]))


def runs_of(recordings: Iterable[Recording], key: Key) -> list[RunSummary]:
    """The runs of lane `key` that did not fail."""
    return [run for recording in recordings for run in recording.runs if run.key == key and not run.failed]


def summarised(history: SessionHistory, label: str) -> Recording:
    """What a comparison needs of `history`."""
    runs = tuple(_run(run, history) for run in history.runs)
    cores, turns = usable_cores(history.meta), [run.turns for run in history.runs]
    hit = 0 if cores is None else sum(int((disturbances(each, cores) != NONE_KNOWN).sum()) for each in turns)
    return Recording(label, history.meta, history.complete, runs, sum(map(len, turns)), hit)


def _run(history: RunHistory, session: SessionHistory) -> RunSummary:
    run, said = history.run, history.last("error")
    turns = turn_medians(history.steps.counted)
    cause = history.last("status").get("cause") or said.get("message")
    described = {
        **history.described,
        "framework": run.framework,
        "backend": run.backend,
        "device": run.device,
        "batch_size": run.batch_size,
    }
    return RunSummary(
        Key(run.task, run.lane, run.mode),
        run.repeat,
        history.status,
        None if cause is None else str(cause),
        described,
        measures(history, session, turns),
        turns,
        frame_times(history),
        history.turns[-1].end_ns if history.turns else 0,
    )
