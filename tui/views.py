"""What a session looks like at a moment: plain values that widgets draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.phases import Phase, phase_figures
from dlprof.session.records import PHASES
from dlprof.session.statistics import Spread, samples_per_second

HOT_NS = 10_000_000_000
PLOT_COLUMNS = 120


@dataclass(frozen=True)
class PhaseRow:
    """One row of the phase table."""

    phase: str
    spread: Spread
    clock: str


@dataclass(frozen=True)
class MemoryRow:
    """One memory series: its newest value and peak, bytes, or why there is none."""

    name: str
    now: int | None
    peak: int | None
    reason: str | None


@dataclass(frozen=True)
class LaneView:
    """One lane at a moment."""

    lane: str
    version: str
    device: str
    status: str
    status_seconds: float
    cause: str | None
    rows: tuple[PhaseRow, ...]
    widest_ns: float
    """The longest median step of all lanes: the common scale of the phase bars."""
    samples_per_s: float | None
    counted: int
    warm_up: int
    cold: int
    dropped: int
    loss: float | None
    metrics: tuple[tuple[str, float], ...]
    memory: tuple[MemoryRow, ...]
    step_plot: tuple[float, ...]
    loss_plot: tuple[float, ...]
    host_plot: tuple[float, ...]
    frames: tuple[tuple[str, float], ...]
    frames_reason: str | None
    traceback: tuple[str, ...]


@dataclass(frozen=True)
class SessionView:
    """A session at a moment, one task of it in full."""

    name: str
    seconds: float
    schedule: str
    tasks: tuple[str, ...]
    task: str
    lanes: tuple[LaneView, ...]
    events: tuple[str, ...]


def session_view(history: SessionHistory, task: str | None) -> SessionView:
    """The view of `history` at its horizon; of the newest task where `task` is None or not begun."""
    tasks = history.tasks
    shown = task if task in tasks else (tasks[-1] if tasks else "")
    runs = [run for run in history.runs if run.run.task == shown]
    figures = [phase_figures(run) for run in runs]
    widest = max((phases["step"].spread.median_ns or 0.0 for phases in figures), default=0.0)
    lanes = tuple(_lane(run, phases, widest, history) for run, phases in zip(runs, figures, strict=True))
    name, schedule = str(history.meta.get("name", "")), str(history.meta.get("schedule", ""))
    return SessionView(name, history.horizon_ns / 1e9, schedule, tasks, shown or "", lanes, _events(history))


def _lane(history: RunHistory, phases: dict[str, Phase], widest: float, session: SessionHistory) -> LaneView:
    counted, said = history.steps.counted, history.described
    since = next((e.t_ns for e in reversed(history.events) if e.kind == "status"), 0)
    losses = history.steps.column("loss")
    known = losses[np.isfinite(losses)]
    frames, reason = _hot_frames(history)
    rows = (PhaseRow(name, phases[name].spread, phases[name].clock) for name in (*PHASES, "step"))
    status = history.status
    if status in ("stepping", "ready") and history.turns and not history.ended:
        status = "stepping"
    return LaneView(
        lane=history.run.lane,
        version=str(said.get("framework_version", "")),
        device=history.run.device,
        status=status,
        status_seconds=(session.horizon_ns - since) / 1e9,
        cause=history.last("status").get("cause"),
        rows=tuple(rows),
        widest_ns=widest,
        samples_per_s=samples_per_second(counted, history.run.batch_size),
        counted=len(counted),
        warm_up=history.warmup_steps,
        cold=history.cold_steps,
        dropped=int(history.last("dropped").get("steps", 0)),
        loss=float(known[-1]) if len(known) else None,
        metrics=tuple((name, float(value)) for name, value in history.last("metrics").items()),
        memory=_memory(history, session),
        step_plot=_bucketed(history.steps.counted.end_ns, counted.column("total_ns"), history),
        loss_plot=_bucketed(history.steps.end_ns, losses, history),
        host_plot=_bucketed(
            np.array([s.t_ns for s in history.host], float), np.array([s.rss for s in history.host], float), history
        ),
        frames=frames,
        frames_reason=reason,
        traceback=tuple(str(history.last("error").get("traceback", "")).splitlines()[-12:]),
    )


def _memory(history: RunHistory, session: SessionHistory) -> tuple[MemoryRow, ...]:
    no_gpu = next((str(e.data.get("reason")) for e in session.events if e.kind == "unavailable"), "no sample yet")
    host = history.host[-1] if history.host else None
    peak = max((s.peak_rss for s in history.host if s.peak_rss is not None), default=None)
    rows = [MemoryRow("host", host.uss if host else None, peak, None if host else "no sample yet")]
    allocator = history.allocator[-1] if history.allocator else None
    rows.append(
        MemoryRow("allocator", allocator.allocated, allocator.peak, allocator.reason)
        if allocator
        else MemoryRow("allocator", None, None, "no sample yet")
    )
    process = history.gpu[-1] if history.gpu else None
    used = max((s.used for s in history.gpu if s.used is not None), default=None)
    reason = process.reason if process else no_gpu
    rows.append(MemoryRow("gpu process", process.used if process else None, used, reason))
    device = session.devices[-1] if session.devices else None
    used = max((s.used for s in session.devices if s.used is not None), default=None)
    reason = device.reason if device else no_gpu
    rows.append(MemoryRow("gpu device", device.used if device else None, used, reason))
    return tuple(rows)


def _bucketed(t_ns: np.ndarray, values: np.ndarray, history: RunHistory) -> tuple[float, ...]:
    """Medians of `values` in buckets of time since the run's first step.

    A bucket lasts a power of two of 0.25 s, so that they merge in pairs when the run outgrows PLOT_COLUMNS and the
    past does not scroll.
    """
    known = np.isfinite(values)
    t_ns, values = t_ns[known], values[known]
    if not len(values):
        return ()
    began = float(history.steps.column("start_ns")[0]) if len(history.steps) else float(t_ns[0])
    seconds = np.maximum(t_ns - began, 0) / 1e9
    width = 0.25
    while seconds[-1] / width >= PLOT_COLUMNS:
        width *= 2
    buckets = (seconds / width).astype(int)
    edges = np.flatnonzero(np.diff(buckets)) + 1
    medians = [float(np.median(part)) for part in np.split(values, edges)]
    return tuple(medians)


def _hot_frames(history: RunHistory) -> tuple[tuple[tuple[str, float], ...], str | None]:
    """The hottest innermost frames of the segments stored in the last HOT_NS of the run's sampling."""
    if not history.segments:
        return (), "no stack segment has ended yet"
    newest = history.segments[-1].stored_ns
    time: dict[str, int] = {}
    for segment in history.segments:
        if newest - segment.stored_ns <= HOT_NS:
            for span in segment.spans:
                if span.main and span.frames:
                    frame = span.frames[-1]
                    key = f"{frame.name} {frame.file.rpartition('/')[2]}:{frame.line}"
                    time[key] = time.get(key, 0) + span.duration_ns
    total = sum(time.values())
    if not total:
        return (), history.segments[-1].reason or "no samples in the last segment"
    ranked = sorted(time.items(), key=lambda item: (-item[1], item[0]))
    return tuple((name, ns / total) for name, ns in ranked[:12]), None


def _events(history: SessionHistory) -> tuple[str, ...]:
    lines = []
    for run in history.runs:
        for event in run.events:
            if event.kind == "status":
                cause = f": {event.data['cause']}" if event.data.get("cause") else ""
                line = f"{event.t_ns / 1e9:7.1f}s {run.run.task} {run.run.lane} {event.data.get('status')}{cause}"
                lines.append((event.t_ns, line))
    return tuple(line for _, line in sorted(lines)[-40:])
