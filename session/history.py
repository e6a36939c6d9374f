"""A session as seen up to a moment: the one thing that screens, reports and comparisons read."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dlprof.session.records import (
    COLD,
    COMPILED,
    DARK,
    FINAL_STATUSES,
    LEFT_OUT,
    MEASURED_PHASES,
    WARM_UP,
    AllocatorMemory,
    DeviceLoad,
    DeviceMemory,
    Event,
    HostMemory,
    Probe,
    ProcessMemory,
    Run,
    StackSegment,
    Turn,
)
from dlprof.session.table import Table, column
from dlprof.session.told import settings_of
from dlprof.session.turn_medians import TurnMedians, turn_medians

R = TypeVar("R")

STEP_COLUMNS = (
    "index",
    "start_ns",
    "total_ns",
    "data_ns",
    "forward_ns",
    "backward_ns",
    "optimizer_ns",
    "loss",
    "flags",
    "turn",
)

STEP_CLASSES = ("warm-up", "compiled", "cold", "left out", "dark", "counted")
"""What a step can be, in the order in which the first that fits is what it is."""
_CLASS_FLAGS = (WARM_UP, COMPILED, COLD, LEFT_OUT, DARK)
_ALL_FLAGS = sum(_CLASS_FLAGS)
_CLASS_OF_FLAGS = np.array(
    [
        next((i for i, flag in enumerate(_CLASS_FLAGS) if flags & flag), len(_CLASS_FLAGS))
        for flags in range(_ALL_FLAGS + 1)
    ]
)


@dataclass(frozen=True)
class StepCounts:
    """How many steps are of each of STEP_CLASSES."""

    warm_up: int
    compiled: int
    cold: int
    left_out: int
    dark: int
    counted: int


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps of one run: `values` has shape (steps, len(STEP_COLUMNS)), float64, NaN where not available.

    With `rows`, shape (some of the steps,), only those are meant; their columns are gathered when asked for.
    """

    values: NDArray[np.float64]
    rows: NDArray[np.intp] | None = None

    def __len__(self) -> int:
        return len(self.values if self.rows is None else self.rows)

    def column(self, name: str) -> NDArray[np.float64]:
        """One column, shape (steps,). `other_ns` is the total less the measured phases, NaN where one is missing."""
        if name == "other_ns":
            rest = self.column("total_ns").copy()
            for phase in MEASURED_PHASES:
                rest -= self.column(f"{phase}_ns")
            return rest
        values = self.values[:, STEP_COLUMNS.index(name)]
        return values if self.rows is None else values.take(self.rows)

    @property
    def end_ns(self) -> NDArray[np.float64]:
        """When each step ended, shape (steps,)."""
        return self.column("start_ns") + self.column("total_ns")

    @property
    def last_end_ns(self) -> float:
        """When the last one ended; there must be one."""
        return float(self._part(slice(-1, None)).end_ns[0])

    @cached_property
    def counted(self) -> Steps:
        """The steps that count: those without a flag."""
        return self.where(self.column("flags") == 0)

    @cached_property
    def turn_medians(self) -> TurnMedians:
        """The turns and the median step of each."""
        return turn_medians(self.column("turn"), self.column("total_ns"))

    def where(self, mask: NDArray[np.bool_]) -> Steps:
        """Those of `mask`, shape (steps,)."""
        return Steps(self.values, self._rows(mask))

    @property
    def losses(self) -> NDArray[np.float64]:
        """The losses that are known, shape (at most steps,)."""
        losses = self.column("loss")
        return losses[np.isfinite(losses)]

    @property
    def classes(self) -> NDArray[np.int64]:
        """The class of each step, as an index into STEP_CLASSES, shape (steps,)."""
        return _CLASS_OF_FLAGS[self.column("flags").astype(np.int64) & _ALL_FLAGS]

    @property
    def counts(self) -> StepCounts:
        """How many steps are of each class."""
        return StepCounts(*np.bincount(self.classes, minlength=len(STEP_CLASSES)).tolist())

    def flagged(self, mask: NDArray[np.bool_], flag: int) -> Steps:
        """The same steps, with `flag` on those of `mask`, shape (steps,)."""
        values, where = self.values.copy(order="K"), self._rows(mask)
        column = STEP_COLUMNS.index("flags")
        values[where, column] = values[where, column].astype(np.int64) | flag
        return Steps(values, self.rows)

    def until(self, t_ns: int) -> Steps:
        """The steps that ended by `t_ns`."""
        return self._part(slice(self._ended_by(t_ns)))

    def since(self, t_ns: float) -> Steps:
        """The steps that ended after `t_ns`."""
        return self._part(slice(self._ended_by(t_ns), None))

    def _ended_by(self, t_ns: float) -> int:
        starts, totals = self.column("start_ns"), self.column("total_ns")
        count = int(np.searchsorted(starts, t_ns, side="right"))
        while count and starts[count - 1] + totals[count - 1] > t_ns:  # the one that went on then
            count -= 1
        return count

    def _part(self, part: slice) -> Steps:
        return Steps(self.values[part]) if self.rows is None else Steps(self.values, self.rows[part])

    def _rows(self, mask: NDArray[np.bool_]) -> NDArray[np.intp]:
        return np.flatnonzero(mask) if self.rows is None else self.rows[mask]


NO_STEPS = Steps(np.empty((0, len(STEP_COLUMNS))))


@dataclass(frozen=True, eq=False)
class RunHistory:
    """Everything recorded of one run, each kind in the order of its time."""

    run: Run
    steps: Steps = NO_STEPS
    turns: Sequence[Turn] = ()
    host: Sequence[HostMemory] = ()
    allocator: Sequence[AllocatorMemory] = ()
    gpu: Sequence[ProcessMemory] = ()
    segments: Sequence[StackSegment] = ()
    events: tuple[Event, ...] = ()
    probes: Sequence[Probe] = ()

    def until(self, t_ns: int) -> RunHistory:
        """The run as it was known at `t_ns`."""
        return replace(
            self,
            steps=self.steps.until(t_ns),
            turns=_until(self.turns, "end_ns", t_ns),
            host=_until(self.host, "t_ns", t_ns),
            allocator=_until(self.allocator, "t_ns", t_ns),
            gpu=_until(self.gpu, "t_ns", t_ns),
            probes=_until(self.probes, "t_ns", t_ns),
            segments=_until(self.segments, "stored_ns", t_ns),
            events=_events_until(self.events, t_ns),
        )

    def last(self, kind: str) -> Mapping[str, Any]:
        """The data of the newest event of `kind`; empty where there is none."""
        return next((event.data for event in reversed(self.events) if event.kind == kind), {})

    @property
    def status(self) -> str:
        """The newest status."""
        return str(self.last("status").get("status", "starting"))

    @property
    def ended(self) -> bool:
        """Whether the run is over, however it ended."""
        return self.status in FINAL_STATUSES

    @cached_property
    def described(self) -> dict[str, Any]:
        """What the lane said of itself so far, later words over earlier ones."""
        merged: dict[str, Any] = {}
        for event in self.events:
            if event.kind == "described":
                merged.update(event.data)
        return merged

    @property
    def clocks(self) -> dict[str, str]:
        """The clock of each phase; `n/a` where the lane has not said yet."""
        said = self.described.get("clocks")
        return {str(k): str(v) for k, v in said.items()} if isinstance(said, dict) else {}

    @property
    def stepping_ns(self) -> int:
        """Time in turns."""
        return round(float(_lengths(self.turns).sum()))

    @property
    def sampled_ns(self) -> int:
        """Time in turns in which stacks were sampled."""
        return round(float((_lengths(self.turns) * column(self.turns, "sampled")).sum()))

    @property
    def is_left_uncompiled(self) -> bool:
        """Whether it was to be compiled, and nothing had been when its warm-up was over."""
        said = self.described
        return bool(said.get("jit")) and said.get("compilations") == 0

    @property
    def host_while_training(self) -> Sequence[HostMemory]:
        """Host memory from when the model is built to the end of the last turn; none without a turn."""
        if not self.turns:
            return ()
        built = (e.t_ns for e in self.events if e.kind == "described" and "host_model_bytes" in e.data)
        return between(self.host, next(built, self.turns[0].start_ns), self.turns[-1].end_ns)

    @property
    def warmup_steps(self) -> int:
        """How many steps are warm-up."""
        return self.steps.counts.warm_up

    @property
    def cold_steps(self) -> int:
        """How many steps are cold."""
        return self.steps.counts.cold


@dataclass(frozen=True, eq=False)
class SessionHistory:
    """A session up to `horizon_ns`, the moment up to which all that happened is in the file."""

    meta: Mapping[str, Any]
    horizon_ns: int
    complete: bool
    runs: tuple[RunHistory, ...]
    devices: Sequence[DeviceMemory] = ()
    loads: Sequence[DeviceLoad] = ()
    events: tuple[Event, ...] = ()
    """Events of the session itself, of no run."""
    leaves_out_disturbed: bool = False
    """Whether steps of disturbed turns are left out."""

    def until(self, t_ns: int) -> SessionHistory:
        """The session as it was known at `t_ns`."""
        runs = (run.until(t_ns) for run in self.runs)
        return replace(
            self,
            horizon_ns=min(t_ns, self.horizon_ns),
            runs=tuple(run for run in runs if run.events),
            devices=_until(self.devices, "t_ns", t_ns),
            loads=_until(self.loads, "t_ns", t_ns),
            events=_events_until(self.events, t_ns),
        )

    @property
    def settings(self) -> Mapping[str, Any]:
        """What was asked for; empty where the session does not say."""
        return settings_of(self.meta)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks of the runs, in the order in which they were started."""
        return tuple(dict.fromkeys(run.run.task for run in self.runs))

    @cached_property
    def tasks_of_several_processes(self) -> frozenset[str]:
        """The tasks of which a lane had other processes while training: loader workers, a compiler's."""
        counts = ((run.run.task, column(run.host_while_training, "processes")) for run in self.runs)
        return frozenset(task for task, processes in counts if (processes > 1).any())


def between(samples: Sequence[HostMemory], first_ns: int, last_ns: int) -> Sequence[HostMemory]:
    """Those of `samples` from one moment to another, both included."""
    moment = attrgetter("t_ns")
    return samples[bisect_left(samples, first_ns, key=moment) : bisect_right(samples, last_ns, key=moment)]


def _until(records: Sequence[R], moment: str, t_ns: int) -> Sequence[R]:
    if isinstance(records, Table):
        return records[: int(np.searchsorted(records.column(moment), t_ns, side="right"))]
    return records[: bisect_right(records, t_ns, key=attrgetter(moment))]


def _events_until(events: tuple[Event, ...], t_ns: int) -> tuple[Event, ...]:
    """Few, and in the order in which the recorder heard of them."""
    return tuple(event for event in events if event.t_ns <= t_ns)


def _lengths(turns: Sequence[Turn]) -> NDArray[np.float64]:
    return column(turns, "end_ns") - column(turns, "start_ns")
