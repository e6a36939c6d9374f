"""What a comparison needs of one recording, so that the recording itself need not be kept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dlprof.session.compare.extent import Extent, added
from dlprof.session.compare.quantities import Measure, measures
from dlprof.session.compare.stacks import FrameTimes, frame_times
from dlprof.session.data_used import data_used, identity
from dlprof.session.deployment import deployment
from dlprof.session.disturbance import disturbed_turns
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.records import FAILED_STATUSES
from dlprof.session.statistics import NotAvailable
from dlprof.session.turn_medians import TurnMedians


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


@dataclass(frozen=True)
class Trial:
    """What trying a format of the trained model gave, by the report's keys; `reason` says why it gave nothing."""

    values: Mapping[str, float]
    reason: str | None = None


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
    extent: Extent
    trials: Mapping[str, Trial] = field(default_factory=dict[str, Trial])
    """Of its deployment, by format."""

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
    runs: tuple[RunSummary, ...]

    @property
    def started_at(self) -> str:
        """When it was started, ISO 8601; empty where it does not say."""
        said = self.meta.get("started_at")
        return said if isinstance(said, str) else ""

    @property
    def extent(self) -> Extent:
        """All its runs together."""
        return added(run.extent for run in self.runs)

    @property
    def is_redacted(self) -> bool:
        """Whether it is a copy that does not tell whose machine it was."""
        return self.meta.get("redacted") is True

    @property
    def identity(self) -> tuple[str, ...]:
        """The same for copies of one recording, and for no two recordings."""
        own = self.meta.get("id")
        if isinstance(own, str) and own:
            return ("id", own)
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
    return Recording(label, history.meta, runs)


def _run(history: RunHistory, session: SessionHistory) -> RunSummary:
    run, said = history.run, history.last("error")
    turns = history.steps.counted.turn_medians
    cause = history.last("status").get("cause") or said.get("message")
    described = {
        **history.described,
        "framework": run.framework,
        "backend": run.backend,
        "device": run.device,
        "batch_size": run.batch_size,
        "data": identity(data_used(session, run.task)),
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
        _extent(history, session),
        _trials(history, session),
    )


def _trials(history: RunHistory, session: SessionHistory) -> dict[str, Trial]:
    deployed = deployment(history, session)["deploy"] or {"formats": []}
    return {found["format"]: Trial(_positive(found), found.get("reason")) for found in deployed["formats"]}


def _positive(figures: Mapping[str, Any]) -> dict[str, float]:
    """Those that a ratio can be made of."""
    numbers = {key: value for key, value in figures.items() if type(value) in (int, float)}
    return {key: float(value) for key, value in numbers.items() if 0 < value < math.inf}


def _extent(history: RunHistory, session: SessionHistory) -> Extent:
    found = disturbed_turns(history.turns, session.meta)
    return Extent(
        1,
        history.stepping_ns,
        len(history.turns),
        None if isinstance(found, NotAvailable) else found.total(),
        history.steps.counts,
        int(history.last("dropped").get("steps", 0)),
    )
