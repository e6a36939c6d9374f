"""What a session looks like at a moment: plain values that widgets draw."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

from dlprof.session.disturbance import disturbed_turns
from dlprof.session.history import RunHistory, SessionHistory, StepCounts
from dlprof.session.liveness import other_host
from dlprof.session.memory import host_now, host_peak
from dlprof.session.phases import Phase
from dlprof.session.records import FINAL_STATUSES, PHASES, UNFINISHED
from dlprof.session.run_length import how_far
from dlprof.session.stacks import time_on_top
from dlprof.session.statistics import NotAvailable, Spread, samples_per_second
from dlprof.session.table import largest
from dlprof.session.text import clean_line
from dlprof.tui.event_views import event_lines
from dlprof.tui.known import Known
from dlprof.tui.own_cost import OwnCost
from dlprof.tui.plots import Buckets, Plot, TimeAxis, last_record_ns, task_plots, time_axis, zoomed_axis
from dlprof.tui.startup import StartupStage, startup
from dlprof.tui.waiting import wait_of

HOT_NS = 10_000_000_000
OVER = (*FINAL_STATUSES, UNFINISHED)
"""Of a lane of which nothing more comes."""


@dataclass(frozen=True)
class PhaseRow:
    """One row of the phase table; `label` is its name, `reason` says why there are no figures."""

    phase: str
    label: str
    spread: Spread
    clock: str
    reason: str | None


@dataclass(frozen=True)
class MemoryRow:
    """One memory series: its newest value and peak, bytes, or why there is none."""

    name: str
    now: int | None
    peak: int | None
    reason: str | None


@dataclass(frozen=True)
class LaneView:
    """One lane at a moment, in its newest repeat."""

    lane: str
    repeat: str
    """Such as `2/5`; empty where there is one."""
    how_far: str
    """Such as `12.3/60 s`; empty where it has no length, or is over."""
    version: str
    device: str
    is_left_uncompiled: bool
    status: str
    status_seconds: float
    startup: tuple[StartupStage, ...]
    """While it starts."""
    cause: str | None
    rows: tuple[PhaseRow, ...]
    widest_ns: float
    """The longest median step of all lanes: the common scale of the phase bars."""
    samples_per_s: float | None
    steps: StepCounts
    dropped: int
    turns: int
    disturbed: int
    """Turns that other processes, a hypervisor or a quota disturbed."""
    own_cost: OwnCost
    loss: float | None
    metrics: tuple[tuple[str, float], ...]
    no_metrics: str | None
    """Why it was evaluated in vain."""
    memory: tuple[MemoryRow, ...]
    frames: tuple[tuple[str, float], ...]
    no_frames: str | None
    """What stands for the frames where there are none."""
    traceback: tuple[str, ...]
    plots: tuple[Plot, ...] = ()
    """None where nobody asked for them: see `plotted`."""
    axis: TimeAxis | None = None
    """The axis of every plot of the task."""

    @property
    def status_note(self) -> str:
        """What stands behind the status: that it was left uncompiled, and the cause."""
        return f"{', uncompiled' if self.is_left_uncompiled else ''}{f': {self.cause}' if self.cause else ''}"


@dataclass(frozen=True)
class SessionView:
    """A session at a moment, one task of it in full."""

    name: str
    seconds: float
    schedule: str
    tasks: tuple[str, ...]
    task: str
    lanes: tuple[LaneView, ...]
    verdict: str
    """Which lane is faster, by how much; empty while that cannot be said."""
    events: tuple[str, ...]
    unended: str
    """Why the file has no end, and up to when it goes; empty where it has one, or gets one."""


def session_view(
    whole: SessionHistory,
    position_ns: int,
    task: str | None,
    known: Known,
    *,
    recording: bool,
) -> SessionView:
    """The view of `whole` at a moment; of the newest task where `task` is None or not begun.

    A session that is not complete and that nobody is `recording` has no end. The view is without plots.
    """
    history = whole.until(position_ns)
    cut = not whole.complete and not recording
    at_end = cut and history.horizon_ns == whole.horizon_ns
    tasks = history.tasks
    shown = shown_task(history, task)
    runs = newest_repeats(history, shown)
    figures = [known.phases.of(run) for run in runs]
    widest = max((phases["step"].spread.median_ns or 0.0 for phases in figures), default=0.0)
    lanes = tuple(
        _lane(run, phases, widest, history, known.costs.of(run), unfinished=at_end and not run.ended)
        for run, phases in zip(runs, figures, strict=True)
    )
    name, schedule = str(history.meta.get("name", "")), str(history.meta.get("schedule", ""))
    unended = _unended(whole) if cut else ""
    verdict, events = known.verdicts.of(history, shown), _events(history)
    return SessionView(name, history.horizon_ns / 1e9, schedule, tasks, shown, lanes, verdict, events, unended)


def plotted(view: SessionView, history: SessionHistory, buckets: Buckets, length_ns: int | None = None) -> SessionView:
    """`view` with the plots of `history`, which is the session at the same moment.

    They go back by `length_ns`, or to the task's first step.
    """
    runs = newest_repeats(history, view.task)
    axis = time_axis(runs) if length_ns is None else zoomed_axis(history.horizon_ns, length_ns)
    if axis is not None and length_ns is None and all(lane.status in OVER for lane in view.lanes):
        axis = replace(axis, last_s=last_record_ns(runs) / 1e9)
    plots = task_plots(runs, axis, history.horizon_ns, buckets)
    lanes = (replace(lane, plots=of_run, axis=axis) for lane, of_run in zip(view.lanes, plots, strict=True))
    return replace(view, lanes=tuple(lanes))


def _unended(whole: SessionHistory) -> str:
    host = other_host(whole.meta)
    where = "" if host is None else f" on {clean_line(host, 64)}"
    return f"{UNFINISHED}{where}: up to {whole.horizon_ns / 1e9:.1f} s"


def shown_task(history: SessionHistory, task: str | None) -> str:
    """`task`, or the newest one where it is None or has not begun; empty before any has."""
    tasks = history.tasks
    return task if task in tasks else (tasks[-1] if tasks else "")


def newest_repeats(history: SessionHistory, task: str | None) -> list[RunHistory]:
    """The newest run of each lane of `task`; lanes keep the order in which they first appeared."""
    newest = {run.run.lane: run for run in history.runs if run.run.task == task}
    return list(newest.values())


def _repeat(history: RunHistory, session: SessionHistory) -> str:
    planned = session.settings.get("repeat")
    return f"{history.run.repeat + 1}/{planned}" if isinstance(planned, int) and planned > 1 else ""


def _how_far(history: RunHistory, counts: StepCounts, session: SessionHistory) -> str:
    steps, seconds = session.settings.get("steps"), session.settings.get("duration_s")
    if steps is None and seconds is None:
        return ""
    return how_far(len(history.steps) - counts.warm_up, history.stepping_ns, steps, seconds)


def _lane(
    history: RunHistory,
    phases: dict[str, Phase],
    widest: float,
    session: SessionHistory,
    cost: OwnCost,
    *,
    unfinished: bool,
) -> LaneView:
    counted, said, evaluated = history.steps.counted, history.described, history.last("metrics")
    since = next((e.t_ns for e in reversed(history.events) if e.kind == "status"), 0)
    known, counts = history.steps.losses, history.steps.counts
    frames, no_frames = _hot_frames(history)
    status = UNFINISHED if unfinished else history.status
    cause = history.last("status").get("cause")
    if status in ("stepping", "ready") and history.turns:
        status, wait = "stepping", wait_of(history, session)
        if wait is not None:
            status, since, cause = "waiting", wait.since_ns, wait.cause
    return LaneView(
        lane=history.run.lane,
        repeat=_repeat(history, session),
        how_far="" if unfinished or history.ended else _how_far(history, counts, session),
        version=str(said.get("framework_version", "")),
        device=history.run.device,
        is_left_uncompiled=history.is_left_uncompiled,
        status=status,
        startup=() if unfinished else startup(history, session.horizon_ns),
        status_seconds=(session.horizon_ns - since) / 1e9,
        cause=cause,
        rows=tuple(_row(name, phases[name]) for name in (*PHASES, "step")),
        widest_ns=widest,
        samples_per_s=samples_per_second(counted, history.run.batch_size),
        steps=counts,
        dropped=int(history.last("dropped").get("steps", 0)),
        turns=len(history.turns),
        disturbed=_disturbed(history, session),
        own_cost=cost,
        loss=float(known[-1]) if len(known) else None,
        metrics=tuple((name, float(value)) for name, value in evaluated.items() if name != "reason"),
        no_metrics=evaluated.get("reason"),
        memory=_memory(history, session),
        frames=frames,
        no_frames=no_frames,
        traceback=tuple(str(history.last("error").get("traceback", "")).splitlines()[-12:]),
    )


def _disturbed(history: RunHistory, session: SessionHistory) -> int:
    found = disturbed_turns(history.turns, session.meta)
    return 0 if isinstance(found, NotAvailable) else found.total()


def _row(name: str, phase: Phase) -> PhaseRow:
    return PhaseRow(name, phase.label, phase.spread, phase.clock, phase.reason)


def _memory(history: RunHistory, session: SessionHistory) -> tuple[MemoryRow, ...]:
    unavailable = {e.data.get("what"): e.data.get("reason") for e in session.events if e.kind == "unavailable"}
    no_gpu = str(unavailable.get("gpu memory", "no sample yet"))
    peak = host_peak(history, session)
    basis = peak["host_peak_basis"]
    now = host_now(history, basis)
    rows = [
        MemoryRow(
            "host PSS" if basis == "pss" else "host",
            now,
            peak["host_peak_bytes"],
            None if now is not None else "no sample yet",
        )
    ]
    allocator = history.allocator[-1] if history.allocator else None
    rows.append(
        MemoryRow("allocator", allocator.allocated, allocator.peak, allocator.reason)
        if allocator
        else MemoryRow("allocator", None, None, "no sample yet")
    )
    process = history.gpu[-1] if history.gpu else None
    used = largest(history.gpu, "used")
    reason = process.reason if process else no_gpu
    rows.append(MemoryRow("gpu process", process.used if process else None, used, reason))
    device = session.devices[-1] if session.devices else None
    used = largest(session.devices, "used")
    reason = device.reason if device else no_gpu
    rows.append(MemoryRow("gpu device", device.used if device else None, used, reason))
    return tuple(rows)


def _hot_frames(history: RunHistory) -> tuple[tuple[tuple[str, float], ...], str | None]:
    """The hottest innermost frames of the segments stored in the last HOT_NS of the run's sampling, or why none."""
    if not history.segments:
        return (), "stacks n/a: none were sampled" if history.ended else "stacks: first in some seconds"
    newest = history.segments[-1].stored_ns
    since = bisect_left(history.segments, newest - HOT_NS, key=lambda segment: segment.stored_ns)
    time: dict[str, int] = {}
    for frame, ns in time_on_top(history.segments[since:]).items():
        key = f"{frame.name} {frame.file.rpartition('/')[2]}:{frame.line}"
        time[key] = time.get(key, 0) + ns
    total = sum(time.values())
    if not total:
        return (), f"stacks n/a: {history.segments[-1].reason or 'no samples in the last segment'}"
    ranked = sorted(time.items(), key=lambda item: (-item[1], item[0]))
    return tuple((name, ns / total) for name, ns in ranked[:12]), None


def _events(history: SessionHistory) -> tuple[str, ...]:
    return tuple(str(line) for line in event_lines(history)[-40:])
