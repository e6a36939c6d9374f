"""The figures of a session, as the data of `dlprof.report/1`: durations in ms, sizes in bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from dlprof.session.data_used import data_used
from dlprof.session.deployment import deployment
from dlprof.session.disturbance import disturbed_turns, without_disturbed
from dlprof.session.effects import MARGIN
from dlprof.session.figures import known, step_counts
from dlprof.session.history import RunHistory, SessionHistory, Steps
from dlprof.session.lane_verdicts import FIRST, SAME, SECOND, Comparison, lane_comparisons
from dlprof.session.load import load
from dlprof.session.memory import memory
from dlprof.session.overhead import Cost, sampling_cost, stamp_cost
from dlprof.session.phases import Phase, phase_figures
from dlprof.session.records import COMPILED, PHASES, STOPPED, Frame
from dlprof.session.report import judging
from dlprof.session.report.judging import Pair
from dlprof.session.report.recommendations import recommendations
from dlprof.session.report.tables import task_tables
from dlprof.session.stacks import time_on_top
from dlprof.session.statistics import FEWEST_TURNS, NotAvailable, middle_interval, samples_per_second
from dlprof.session.target import target

Compared = Mapping[tuple[str, str], Comparison]
"""The verdict on each two lanes of a task."""
SCHEMA = "dlprof.report/1"
TOP_FRAMES = 10
METRICS = ("loss", "accuracy", "precision", "recall", "f1")
"""On held-out data, of every task; others stand beside them where a task has several labels."""


def report(history: SessionHistory) -> dict[str, Any]:
    """The report of a session; a value that is not available is None beside a `<name>_reason`."""
    meta = history.meta
    runs = [_run(run, history) for run in history.runs]
    compared = {task: _compared(history, task) for task in history.tasks}
    tables = [
        table
        for task, found in compared.items()
        for table in task_tables(history, task, runs, partial(_step_pair, found))
    ]
    keys = ("name", "note", "started_at", "schedule", "machine", "versions", "settings")
    return {
        "schema": SCHEMA,
        "session": {
            **{key: meta.get(key) for key in keys},
            "complete": history.complete,
            "leaves_out_disturbed": history.leaves_out_disturbed,
        },
        "runs": runs,
        "lanes": [row for task, found in compared.items() for row in _lanes(history, task, found)],
        "tables": tables,
        "recommendations": recommendations(tables, runs),
    }


def _run(history: RunHistory, session: SessionHistory) -> dict[str, Any]:
    run, said, counted = history.run, history.described, history.steps.counted
    phases, counts = phase_figures(history), history.steps.counts
    interval = middle_interval(counted.turn_medians.medians_ns)
    throughput = samples_per_second(counted, run.batch_size)
    return {
        "lane": run.lane,
        "framework": run.framework,
        "framework_version": said.get("framework_version"),
        "backend": run.backend,
        "backend_version": said.get("backend_version"),
        "mode": run.mode,
        "jit": said.get("jit"),
        "left_uncompiled": history.is_left_uncompiled,
        "task": run.task,
        "device": run.device,
        "batch_size": run.batch_size,
        "parameters": said.get("parameters"),
        "repeat": run.repeat,
        "threads": said.get("threads", {}),
        "determinism": said.get("determinism", {}),
        **known("memory_growth", said.get("memory_growth"), _no_memory_growth(run.device)),
        "input": said.get("input", {}),
        "data": dict(data_used(session, run.task)) or None,
        "status": history.status,
        "error": _error(history),
        "stopped": history.last("status").get("cause") if history.status == STOPPED else None,
        "steps": {
            "recorded": len(history.steps),
            **step_counts(counts),
            "dropped": int(history.last("dropped").get("steps", 0)),
        },
        "compiling": _compiling(history.steps),
        "turns": _turns(history, session),
        "stepping_s": history.stepping_ns / 1e9,
        "step": {
            **_durations(phases["step"]),
            "clock": phases["step"].clock,
            **known("ci95_ms", [ns / 1e6 for ns in interval] if interval else None, f"fewer than {FEWEST_TURNS} turns"),
        },
        "phases": {name: _phase(name, phases) for name in PHASES},
        "throughput": known("samples_per_s", throughput, "no steps were counted"),
        "overhead": _overhead(history),
        "loss": _loss(history),
        "metrics": _metrics(history),
        **target(history, session),
        "memory": memory(history, session),
        "gpu": load(history, session),
        "stacks": _stacks(history),
        **deployment(history, session),
    }


def _no_memory_growth(device: str) -> str:
    return "no memory of a GPU is used" if device == "cpu" else "its framework has no such setting"


def _compiling(steps: Steps) -> dict[str, Any]:
    """The steps in which something was traced or compiled, of the warm-up too, and how long these took."""
    durations_ns = steps.column("total_ns")[steps.column("flags").astype(int) & COMPILED > 0]
    return {"steps": len(durations_ns), "seconds": float(np.nansum(durations_ns)) / 1e9, "clock": "host"}


def _durations(phase: Phase) -> dict[str, Any]:
    found = phase.spread
    values = (("median_ms", found.median_ns), ("p95_ms", found.p95_ns), ("mean_ms", found.mean_ns))
    figures = {name: None if ns is None else ns / 1e6 for name, ns in values}
    return figures if phase.reason is None else {**figures, "median_ms_reason": phase.reason}


def _phase(name: str, phases: dict[str, Phase]) -> dict[str, Any]:
    phase, step = phases[name], phases["step"].spread
    share = phase.spread.mean_ns / step.mean_ns if phase.spread.mean_ns is not None and step.mean_ns else None
    label = {} if phase.label == name else {"label": phase.label}
    return {**_durations(phase), "share": share, "clock": phase.clock, **label}


def _overhead(history: RunHistory) -> dict[str, Any]:
    found, stacks = stamp_cost(history.steps), sampling_cost(history)
    if isinstance(found, NotAvailable):
        stamps = {**known("ratio", None, found.reason), "ci95": None, "us_per_step": None}
    else:
        stamps = {**_cost(found.cost), "us_per_step": found.ns_per_step / 1e3}
    of_stacks = known("stacks", None, stacks.reason) if isinstance(stacks, NotAvailable) else {"stacks": _cost(stacks)}
    return {**stamps, **of_stacks}


def _cost(cost: Cost) -> dict[str, Any]:
    return {"ratio": cost.ratio, "ci95": [cost.low, cost.high]}


def _turns(history: RunHistory, session: SessionHistory) -> dict[str, Any]:
    total, found = len(history.turns), disturbed_turns(history.turns, session.meta)
    if isinstance(found, NotAvailable):
        return {"total": total, **known("disturbed", None, found.reason), "reasons": {}, "left_out": 0}
    left_out = found.total() if session.leaves_out_disturbed else 0
    return {"total": total, "disturbed": found.total(), "reasons": dict(found), "left_out": left_out}


def _error(history: RunHistory) -> dict[str, Any] | None:
    error, cause = history.last("error"), history.last("status").get("cause")
    if history.status == STOPPED:
        return None
    return {"cause": cause, **error} if error or cause else None


def _loss(history: RunHistory) -> dict[str, Any]:
    known = history.steps.losses
    if not len(known):
        return {"first": None, "last": None, "first_reason": "no loss was recorded"}
    return {"first": float(known[0]), "last": float(known[-1])}


def _metrics(history: RunHistory) -> dict[str, Any]:
    found = dict(history.last("metrics")) or {"reason": "the run was not evaluated"}
    reason = found.pop("reason", "not measured by the version that recorded it")
    return {**{key: value for name in METRICS for key, value in known(name, found.get(name), reason).items()}, **found}


def _stacks(history: RunHistory) -> dict[str, Any]:
    samples = sum(segment.covered_ns * segment.hz for segment in history.segments) / 1e9
    hz = history.segments[0].hz if history.segments else None
    reason = next((segment.reason for segment in history.segments if segment.reason), "no stacks were sampled")
    figures = {
        **known("hz", hz, reason),
        "samples": round(samples),
        "missed": max(0, round(history.sampled_ns * hz / 1e9 - samples)) if hz else None,
        "top": [{"frame": frame_text(frame), "share": share} for frame, share in top_frames(history)],
    }
    return figures if samples else {**figures, "samples": None, "samples_reason": reason}


def top_frames(history: RunHistory, count: int = TOP_FRAMES) -> list[tuple[Frame, float]]:
    """The innermost frames of the main thread by their share of sampled stepping time, largest first."""
    time = time_on_top(history.segments)
    total = sum(time.values())
    return [(frame, ns / total) for frame, ns in time.most_common(count)] if total else []


def frame_text(frame: Frame) -> str:
    """`name (file:line)`."""
    return f"{frame.name} ({frame.file}:{frame.line})"


def _compared(history: SessionHistory, task: str) -> Compared:
    return {(first, second): comparison for first, second, comparison in lane_comparisons(history, task)}


def _step_pair(compared: Compared, first: str, second: str) -> Pair:
    """The verdict on two lanes' steps, for their table."""
    found = compared.get((first, second))
    if found is None:
        return Pair(judging.INCONCLUSIVE, "one of them has no steps that count")
    better = {FIRST: judging.FIRST, SECOND: judging.SECOND, SAME: judging.SAME}
    verdict, estimate = better.get(found.verdict, judging.INCONCLUSIVE), found.estimate
    why = None if found.doubt is None else str(found.doubt)
    if estimate is None:
        return Pair(verdict, why)
    interval, spread = (estimate.low, estimate.high), estimate.start_spread
    return Pair(verdict, why, estimate.ratio, interval, estimate.repeats, spread, estimate.spread_is_assumed)


def _lanes(history: SessionHistory, task: str, found: Compared) -> Iterator[dict[str, Any]]:
    """Each two lanes of `task`; where turns of theirs were disturbed, also what is found without those."""
    turns: dict[str, list[dict[str, Any]]] = {}
    for run in history.runs:
        if run.run.task == task:
            turns.setdefault(run.run.lane, []).append(_turns(run, history))
    of_pairs = {pair: _added([*turns[pair[0]], *turns[pair[1]]]) for pair in found}
    without: Compared = {}
    if any(of_pair["disturbed"] and not of_pair["left_out"] for of_pair in of_pairs.values()):
        without = _compared(without_disturbed(history), task)
    for pair, comparison in found.items():
        clean = _verdict(without[pair]) if of_pairs[pair]["disturbed"] and pair in without else None
        reason = "no turns of these lanes are known to be disturbed"
        if of_pairs[pair]["disturbed"]:
            reason = "they are left out" if of_pairs[pair]["left_out"] else "nothing is left without those"
        yield {
            "task": task,
            "pair": [*pair],
            **_verdict(comparison),
            "turns": of_pairs[pair],
            **known("without_disturbed", clean, reason),
        }


def _added(turns: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The turns of several runs together."""
    unknown = next((one["disturbed_reason"] for one in turns if one["disturbed"] is None), "")
    disturbed = None if unknown else sum(one["disturbed"] for one in turns)
    sums = {name: sum(one[name] for one in turns) for name in ("total", "left_out")}
    reasons = sum((Counter(one["reasons"]) for one in turns), Counter[str]())
    return {**sums, **known("disturbed", disturbed, unknown), "reasons": dict(reasons)}


def _verdict(found: Comparison) -> dict[str, Any]:
    row: dict[str, Any] = {"margin": MARGIN, "verdict": found.verdict}
    if found.doubt is not None:
        row["reason"] = str(found.doubt)
    estimate = found.estimate
    if estimate is None:
        return {**row, "step_ratio": None, "step_ratio_reason": str(found.doubt), "ci95": None, "repeats": 0}
    return {
        **row,
        "step_ratio": estimate.ratio,
        "ci95": [estimate.low, estimate.high],
        "repeats": estimate.repeats,
        "process_spread": {"sd": estimate.start_spread, "assumed": estimate.spread_is_assumed},
    }
