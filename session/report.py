"""The figures of a session, as the data of `dlprof.report/1`: durations in ms, sizes in bytes."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np

from dlprof.session.figures import known as _known
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.load import load
from dlprof.session.memory import memory
from dlprof.session.records import PHASES, Frame
from dlprof.session.statistics import (
    Spread,
    median_interval,
    phase_spreads,
    ratio_interval,
    samples_per_second,
)

SCHEMA = "dlprof.report/1"
MARGIN = 0.03
"""A difference below this is none: one start of a process differs from the next by 1-2 %."""
TOP_FRAMES = 10


def report(history: SessionHistory) -> dict[str, Any]:
    """The report of a session; a value that is not available is None beside a `<name>_reason`."""
    meta = history.meta
    keys = ("name", "started_at", "schedule", "machine", "versions", "settings")
    return {
        "schema": SCHEMA,
        "session": {**{key: meta.get(key) for key in keys}, "complete": history.complete},
        "runs": [_run(run, history) for run in history.runs],
        "lanes": [row for task in history.tasks for row in _pairs(history, task)],
    }


def _run(history: RunHistory, session: SessionHistory) -> dict[str, Any]:
    run, said, counted = history.run, history.described, history.steps.counted
    spreads = phase_spreads(counted)
    interval = median_interval(counted)
    throughput = samples_per_second(counted, run.batch_size)
    return {
        "lane": run.lane,
        "framework": run.framework,
        "framework_version": said.get("framework_version"),
        "backend": run.backend,
        "mode": run.mode,
        "jit": said.get("jit"),
        "task": run.task,
        "device": run.device,
        "batch_size": run.batch_size,
        "parameters": said.get("parameters"),
        "repeat": run.repeat,
        "threads": said.get("threads", {}),
        "input": said.get("input", {}),
        "status": history.status,
        "error": _error(history),
        "steps": {
            "recorded": len(history.steps),
            "warmup": history.warmup_steps,
            "cold": history.cold_steps,
            "counted": len(counted),
            "dropped": int(history.last("dropped").get("steps", 0)),
        },
        "stepping_s": history.stepping_ns / 1e9,
        "step": {
            **_durations(spreads["step"], "no steps were counted"),
            "clock": history.clocks.get("step", "n/a"),
            **_known("ci95_ms", [ns / 1e6 for ns in interval] if interval else None, "fewer than three turns"),
        },
        "phases": {phase: _phase(phase, spreads, history) for phase in PHASES},
        "throughput": _known("samples_per_s", throughput, "no steps were counted"),
        **_known("overhead", None, "not measured by this version"),
        "loss": _loss(history),
        "metrics": dict(history.last("metrics"))
        or {name: None for name in ("accuracy", "precision", "recall", "f1")}
        | {"accuracy_reason": "the run was not evaluated"},
        "memory": memory(history, session),
        "gpu": load(history, session),
        "stacks": _stacks(history),
        **_known("deploy", None, "not measured by this version"),
    }


def _durations(spread: Spread, reason: str) -> dict[str, Any]:
    values = (("median_ms", spread.median_ns), ("p95_ms", spread.p95_ns), ("mean_ms", spread.mean_ns))
    known = {name: None if ns is None else ns / 1e6 for name, ns in values}
    return known if spread.median_ns is not None else {**known, "median_ms_reason": reason}


def _phase(phase: str, spreads: dict[str, Spread], history: RunHistory) -> dict[str, Any]:
    spread, step = spreads[phase], spreads["step"]
    reasons = history.described.get("reasons")
    reason = reasons.get(phase) if isinstance(reasons, dict) else None
    share = spread.mean_ns / step.mean_ns if spread.mean_ns is not None and step.mean_ns else None
    clock = history.clocks.get(phase, "n/a") if spread.median_ns is not None else "n/a"
    return {**_durations(spread, reason or "no steps were counted"), "share": share, "clock": clock}


def _error(history: RunHistory) -> dict[str, Any] | None:
    error, cause = history.last("error"), history.last("status").get("cause")
    return {"cause": cause, **error} if error or cause else None


def _loss(history: RunHistory) -> dict[str, Any]:
    losses = history.steps.column("loss")
    known = losses[np.isfinite(losses)]
    if not len(known):
        return {"first": None, "last": None, "first_reason": "no loss was recorded"}
    return {"first": float(known[0]), "last": float(known[-1])}


def _stacks(history: RunHistory) -> dict[str, Any]:
    samples = sum(segment.covered_ns * segment.hz for segment in history.segments) / 1e9
    hz = history.segments[0].hz if history.segments else None
    reason = next((segment.reason for segment in history.segments if segment.reason), "no stacks were sampled")
    known = {
        **_known("hz", hz, reason),
        "samples": round(samples),
        "missed": max(0, round(history.stepping_ns * hz / 1e9 - samples)) if hz else None,
        "top": [{"frame": frame_text(frame), "share": share} for frame, share in top_frames(history)],
    }
    return known if samples else {**known, "samples": None, "samples_reason": reason}


def top_frames(history: RunHistory, count: int = TOP_FRAMES) -> list[tuple[Frame, float]]:
    """The innermost frames of the main thread by their share of sampled stepping time, largest first."""
    time: Counter[Frame] = Counter()
    for segment in history.segments:
        for span in segment.spans:
            if span.main and span.frames:
                time[span.frames[-1]] += span.duration_ns
    total = sum(time.values())
    return [(frame, ns / total) for frame, ns in time.most_common(count)]


def frame_text(frame: Frame) -> str:
    """`name (file:line)`."""
    return f"{frame.name} ({frame.file}:{frame.line})"


def _pairs(history: SessionHistory, task: str) -> list[dict[str, Any]]:
    runs = [run for run in history.runs if run.run.task == task and len(run.steps.counted)]
    return [_pair(task, first, second) for first, second in combinations(runs, 2)]


def _pair(task: str, first: RunHistory, second: RunHistory) -> dict[str, Any]:
    row: dict[str, Any] = {"task": task, "pair": [first.run.lane, second.run.lane], "margin": MARGIN}
    found = ratio_interval(first.steps.counted, second.steps.counted)
    if found is None:
        reason = "fewer than three turns on a side"
        return {**row, "step_ratio": None, "step_ratio_reason": reason, "ci95": None, "verdict": "inconclusive"}
    ratio, low, high = found
    return {**row, "step_ratio": ratio, "ci95": [low, high], "verdict": verdict(low, high)}


def verdict(low: float, high: float) -> str:
    """What the interval of second / first allows to say, at MARGIN."""
    if low > 1 + MARGIN:
        return "first faster"
    if high < 1 / (1 + MARGIN):
        return "second faster"
    if low >= 1 / (1 + MARGIN) and high <= 1 + MARGIN:
        return "same"
    return "inconclusive"
