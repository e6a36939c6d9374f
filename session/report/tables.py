"""The tables of a report, task by task: time, memory, deployment and evaluation, with the lanes side by side.

The unit is the start of a lane (a repeat): a figure is the mean over its starts, and a winner is named only where the
interval over starts allows it. A lane of which a start failed has no winner's chance and no verdict.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlprof.session.compare.spread import DURATIONS
from dlprof.session.data_used import data_used
from dlprof.session.disturbance import mostly_disturbed
from dlprof.session.effects import Doubt
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.over_starts import ASSUMED_START_SPREAD
from dlprof.session.phases import PROBE
from dlprof.session.records import FAILED_STATUSES, PHASES
from dlprof.session.report.judging import Judge, Lanes, Measured, Pair, WhyNot, figure, judge_of, judged, unless
from dlprof.session.report.phase_clocks import calls_could_decide
from dlprof.session.statistics import middle_interval
from dlprof.session.table import column
from dlprof.session.turn_medians import TurnMedians, turn_medians

TIME, MEMORY, DEPLOYMENT, EVALUATION = "time", "memory", "deployment", "evaluation"
MS, RATE, SIZE, GROWTH, SHARE, LOSS, COUNT = "ms", "samples/s", "bytes", "bytes/s", "share", "loss", "count"
"""Units."""
APART = math.sqrt(2) * math.hypot(DURATIONS.start, DURATIONS.drift)
"""Standard deviation of the ratio of two durations that were not taken next to each other: two starts, and the
machine's drift between them (docs/compare.md)."""
EXACT = 0.0
"""Of what is the same in every start, such as the size of a file."""
_STEPS_WEIGHED = 30_000
"""Of more steps than this, the turns of a phase are left out evenly: its interval is then far below 1 %."""


@dataclass(frozen=True)
class _Quantity:
    """A row of a table. `spread`: of the ratio of two starts, where it is not measured; None where no winner is named,
    because of `unjudged`."""

    key: str
    label: str
    unit: str
    spread: float | None = None
    unjudged: str = ""
    smaller_is_better: bool = True


@dataclass(frozen=True, eq=False)
class _Start:
    """One run: its history, and its entry in the report."""

    history: RunHistory
    figures: Mapping[str, Any]


_NOT_DECISIVE = "the step decides"
_TIME = (
    _Quantity("step", "step", MS, ASSUMED_START_SPREAD),
    _Quantity("forward", "forward", MS, ASSUMED_START_SPREAD),
    _Quantity("backward", "backward", MS, ASSUMED_START_SPREAD),
    *(_Quantity(name, name, MS, unjudged=_NOT_DECISIVE) for name in PHASES if name not in ("forward", "backward")),
    _Quantity("samples_per_s", "samples/s", RATE, unjudged=_NOT_DECISIVE, smaller_is_better=False),
)
_A_PART = "the peak decides"
_SHARED = "PSS: a page that another lane has too counts in part, --schedule sequential compares"
_OTHERS_TOO = "what others have on the GPU is in it"
_MEMORY = (
    _Quantity("host_peak_bytes", "host peak", SIZE, ASSUMED_START_SPREAD),
    _Quantity("host_before_import_bytes", "before import", SIZE, unjudged=_A_PART),
    _Quantity("host_import_bytes", "import", SIZE, unjudged=_A_PART),
    _Quantity("host_model_bytes", "model, data", SIZE, unjudged=_A_PART),
    _Quantity("host_first_steps_bytes", "first steps", SIZE, unjudged=_A_PART),
    _Quantity("host_slope_bytes_per_s", "growth", GROWTH, unjudged=_A_PART),
    _Quantity("gpu_process_peak_bytes", "GPU process peak", SIZE, ASSUMED_START_SPREAD),
    _Quantity("allocator_peak_bytes", "GPU allocator peak", SIZE, unjudged="frameworks count it differently"),
    _Quantity("gpu_device_peak_bytes", "whole GPU peak", SIZE, unjudged=_OTHERS_TOO),
)
_BEST_FORMAT = (
    _Quantity("cold_start_ms", "cold start", MS, APART),
    _Quantity("latency_p50_ms", "latency", MS, APART),
    _Quantity("samples_per_s", "samples/s", RATE, APART, smaller_is_better=False),
    _Quantity("load_ms", "load", MS, unjudged="a part of the cold start"),
    _Quantity("save_ms", "save", MS, APART),
    _Quantity("bytes", "file", SIZE, EXACT),
    _Quantity("peak_bytes", "memory", SIZE, ASSUMED_START_SPREAD),
)
"""Of a lane's formats that predict the same, each row has the best one."""
_INSTALL = (
    _Quantity("distributions", "packages", COUNT, unjudged="their size decides"),
    _Quantity("bytes", "installed", SIZE, EXACT),
    _Quantity("import_ms", "import", MS, APART),
)
_FORMATS = _Quantity("formats", "formats", COUNT, unjudged="not as many are offered by each", smaller_is_better=False)
_SAME_MODEL = "the same model on the same batches everywhere"
_METRICS = tuple(
    _Quantity(key, label, LOSS if key == "loss" else SHARE, unjudged=_SAME_MODEL)
    for key, label in (
        ("loss", "loss"),
        ("accuracy", "accuracy"),
        ("precision", "precision"),
        ("recall", "recall"),
        ("f1", "F1"),
        ("exact_match", "exact match"),
        ("precision_macro", "precision, macro"),
        ("recall_macro", "recall, macro"),
        ("f1_macro", "F1, macro"),
    )
)
_MICRO_WHERE_MACRO = {"precision": "precision, micro", "recall": "recall, micro", "f1": "F1, micro"}


def task_tables(
    history: SessionHistory, task: str, entries: Sequence[Mapping[str, Any]], step: Judge
) -> Iterator[dict[str, Any]]:
    """The tables of `task`; `entries` are the report's runs, in the order of the session's. `step` judges steps."""
    lanes: dict[str, list[_Start]] = {}
    for run, entry in zip(history.runs, entries, strict=True):
        if run.run.task == task:
            lanes.setdefault(run.run.lane, []).append(_Start(run, entry))
    failed = {
        lane: f"{start.figures['status']}: {_cause(start)}"
        for lane, starts in lanes.items()
        for start in starts
        if start.history.status in FAILED_STATUSES
    }
    disturbed = {lane: mostly_disturbed([start.history for start in starts], history) for lane, starts in lanes.items()}
    of_task = _OfTask(task, lanes, failed, disturbed, step)
    yield of_task.table(TIME, _time_rows(of_task), data=None)
    yield of_task.table(MEMORY, _memory_rows(of_task, _doubts_of_memory(of_task, history)), data=_data(history, task))
    yield of_task.table(DEPLOYMENT, _deployment_rows(of_task), data=None)
    yield of_task.table(EVALUATION, _evaluation_rows(of_task), data=None)


def _cause(start: _Start) -> str:
    error = start.figures["error"] or {}
    return str(error.get("cause") or error.get("message") or "no cause was told")


def _data(history: SessionHistory, task: str) -> dict[str, Any]:
    """The size of the task's data set."""
    used = data_used(history, task)
    return {"bytes": used.get("bytes"), "samples": used.get("samples")}


@dataclass(frozen=True, eq=False)
class _OfTask:
    """One task's starts by lane, which of these lanes failed and why, which were disturbed, and what judges steps."""

    task: str
    lanes: Mapping[str, Sequence[_Start]]
    failed: Mapping[str, str]
    disturbed: Mapping[str, Doubt | None]
    step: Judge

    def table(self, name: str, rows: Iterator[dict[str, Any]], data: dict[str, Any] | None) -> dict[str, Any]:
        found = [*rows]
        of_data = {} if data is None else {"data": data}
        return {"task": self.task, "table": name, **of_data, "lanes": [*self.lanes], "rows": found}

    def row(
        self,
        quantity: _Quantity,
        measure: Callable[[_Start], Measured],
        judge: Judge | None = None,
        why_not: WhyNot = lambda first, second, found: None,
    ) -> dict:
        """One row: each lane's figure, and the winner."""
        measured = {lane: [measure(start) for start in self._shown(lane)] for lane in self.lanes}
        figures = {lane: figure(starts) for lane, starts in measured.items()}
        for lane, why in self.failed.items():
            if figures[lane]["value"] is None:
                figures[lane]["value_reason"] = why
        row = {"quantity": quantity.key, "label": quantity.label, "unit": quantity.unit, "lanes": figures}
        if quantity.spread is None:
            return {**row, "pairs": [], "winner": None, "winner_reason": f"not judged: {quantity.unjudged}", "by": None}
        sound: Lanes = {lane: starts for lane, starts in measured.items() if lane not in self.failed}
        judge = judge or unless(judge_of(sound, quantity.smaller_is_better, quantity.spread), why_not)
        return {**row, **judged(sound, judge, quantity.smaller_is_better)}

    def either_disturbed(self, first: str, second: str, found: Pair) -> str | None:
        """That the turns of one of them were, where `found` rests on an assumed spread: it does not hold then."""
        if not found.spread_is_assumed:
            return None
        doubt = self.disturbed[first] or self.disturbed[second]
        return None if doubt is None else str(doubt)

    def _shown(self, lane: str) -> list[_Start]:
        starts = sorted(self.lanes[lane], key=lambda start: start.history.run.repeat)
        return [start for start in starts if start.history.status not in FAILED_STATUSES]


def _time_rows(task: _OfTask) -> Iterator[dict[str, Any]]:
    yield task.row(_TIME[0], _step, task.step)
    for quantity in _TIME[1:-1]:
        yield task.row(quantity, _phase_of(quantity.key), why_not=_doubts_of_phase(task, quantity.key))
    yield task.row(_TIME[-1], _throughput, why_not=task.either_disturbed)


def _doubts_of_phase(task: _OfTask, phase: str) -> WhyNot:
    figures = {lane: [start.figures for start in starts] for lane, starts in task.lanes.items()}
    return lambda first, second, found: (
        task.either_disturbed(first, second, found) or calls_could_decide(figures, phase, first, second, found)
    )


def _step(start: _Start) -> Measured:
    step = start.figures["step"]
    within = step["ci95_ms"]
    return Measured(
        start.history.run.repeat,
        step["median_ms"],
        step["clock"],
        reason=step.get("median_ms_reason"),
        interval=tuple(within) if within else None,
    )


def _phase_of(name: str) -> Callable[[_Start], Measured]:
    return lambda start: _phase(start, name)


def _phase(start: _Start, name: str) -> Measured:
    phase, run = start.figures["phases"][name], start.history
    turns = _phase_turns(run, name) if phase["median_ms"] is not None and "label" not in phase else None
    within = None if phase["median_ms"] is None else _over_turns(run, name, turns)
    return Measured(
        run.run.repeat,
        phase["median_ms"],
        phase["clock"],
        phase.get("label", ""),
        phase.get("median_ms_reason"),
        (within[0] / 1e6, within[1] / 1e6) if within else None,
        turns,
    )


def _over_turns(run: RunHistory, name: str, turns: TurnMedians | None) -> tuple[float, float] | None:
    """The interval of the middle turn, ns: of the turns' medians, or of the probe at the end of each."""
    if turns is not None:
        return middle_interval(turns.medians_ns)
    probed = run.clocks.get(name) == PROBE and name in ("forward", "backward")
    return middle_interval(column(run.probes, f"{name}_ns")) if probed else None


def _phase_turns(run: RunHistory, name: str) -> TurnMedians | None:
    """The turns of a phase; None for one that was not timed in the steps themselves."""
    if run.clocks.get(name) == PROBE:
        return None
    counted = run.steps.counted
    apart = len(counted) // _STEPS_WEIGHED + 1
    if apart > 1:
        counted = counted.where(counted.column("turn").astype(int) % apart == 0)
    return turn_medians(counted.column("turn"), counted.column(f"{name}_ns"))


def _throughput(start: _Start) -> Measured:
    found, clock = start.figures["throughput"], start.figures["step"]["clock"]
    value = found["samples_per_s"]
    return Measured(start.history.run.repeat, value, clock, reason=found.get("samples_per_s_reason"))


def _memory_rows(task: _OfTask, why_not: WhyNot) -> Iterator[dict[str, Any]]:
    peak, *others = _MEMORY
    yield task.row(peak, _size_of(peak.key), why_not=why_not)
    for quantity in others:
        yield task.row(quantity, _size_of(quantity.key))


def _doubts_of_memory(task: _OfTask, history: SessionHistory) -> WhyNot:
    """That peaks are proportional where lanes are alive at once: a page that several have counts less in each."""
    are_at_once = history.meta.get("schedule") != "sequential"
    bases = {
        lane: [start.figures["memory"]["host_peak_basis"] for start in starts] for lane, starts in task.lanes.items()
    }
    return lambda first, second, found: _SHARED if are_at_once and "pss" in bases[first] + bases[second] else None


def _size_of(key: str) -> Callable[[_Start], Measured]:
    return lambda start: _size(start, key)


def _size(start: _Start, key: str) -> Measured:
    memory, repeat = start.figures["memory"], start.history.run.repeat
    series, within, note = "", None, ""
    if key == "host_peak_bytes" and memory[key] is not None:
        series = f"{memory['host_peak_basis']} since {memory['host_peak_since']}"
        note = "PSS" if memory["host_peak_basis"] == "pss" else ""
    if key == "host_slope_bytes_per_s" and memory[key] is not None:
        series, within = memory["host_slope_basis"], memory["host_slope_ci95_bytes_per_s"]
    return Measured(
        repeat,
        memory[key],
        reason=memory.get(f"{key}_reason"),
        series=series,
        note=note,
        interval=tuple(within) if within else None,
    )


def _deployment_rows(task: _OfTask) -> Iterator[dict[str, Any]]:
    if all(start.figures["deploy"] is None for starts in task.lanes.values() for start in starts):
        return
    for quantity in _BEST_FORMAT:
        best = {lane: _best_format(starts, quantity) for lane, starts in task.lanes.items()}
        yield task.row(quantity, _of_format(quantity.key, best))
    yield task.row(_FORMATS, _formats)
    for quantity in _INSTALL:
        row = task.row(quantity, _installed_of(quantity.key))
        yield {**row, "quantity": f"install_{quantity.key}"}


def _usable(start: _Start) -> list[Mapping[str, Any]]:
    """The formats that worked and do not predict otherwise."""
    formats = (start.figures["deploy"] or {"formats": []})["formats"]
    return [format for format in formats if format["worked"] and format["equal"] is not False]


def _best_format(starts: Sequence[_Start], quantity: _Quantity) -> str | None:
    """The format that is best over all starts of a lane, of those that every one of them could use."""
    found: dict[str, list[float]] = {}
    deployed = [start for start in starts if start.figures["deploy"] is not None]
    for start in deployed:
        for format in _usable(start):
            if format[quantity.key] is not None:
                found.setdefault(format["format"], []).append(format[quantity.key])
    sums = {name: sum(values) for name, values in found.items() if len(values) == len(deployed)}
    better = min if quantity.smaller_is_better else max
    return better(sums, key=sums.__getitem__) if sums else None


def _of_format(key: str, best: Mapping[str, str | None]) -> Callable[[_Start], Measured]:
    def measure(start: _Start) -> Measured:
        repeat, wanted = start.history.run.repeat, best[start.history.run.lane]
        deploy = start.figures["deploy"]
        if deploy is None:
            return Measured(repeat, None, reason=start.figures["deploy_reason"])
        found = next((format for format in _usable(start) if format["format"] == wanted), None)
        if found is None:
            return Measured(repeat, None, reason="no format of it works and predicts the same")
        clock = deploy["clock"] if key.endswith("_ms") or key == "samples_per_s" else ""
        return Measured(repeat, found[key], clock, found["format"])

    return measure


def _formats(start: _Start) -> Measured:
    deploy, repeat = start.figures["deploy"], start.history.run.repeat
    if deploy is None:
        return Measured(repeat, None, reason=start.figures["deploy_reason"])
    return Measured(repeat, len(_usable(start)), note=f"of {len(deploy['formats'])}")


def _installed_of(key: str) -> Callable[[_Start], Measured]:
    return lambda start: _installed(start, key)


def _installed(start: _Start, key: str) -> Measured:
    deploy, repeat = start.figures["deploy"], start.history.run.repeat
    if deploy is None:
        return Measured(repeat, None, reason=start.figures["deploy_reason"])
    install = deploy["install"]
    return Measured(repeat, install[key], "host" if key == "import_ms" else "", reason=install.get(f"{key}_reason"))


def _evaluation_rows(task: _OfTask) -> Iterator[dict[str, Any]]:
    told = {name for starts in task.lanes.values() for start in starts for name in start.figures["metrics"]}
    for quantity in _METRICS:
        if quantity.key in told:
            labels = _MICRO_WHERE_MACRO if f"{quantity.key}_macro" in told else {}
            label = labels.get(quantity.key, quantity.label)
            yield {**task.row(quantity, _metric_of(quantity.key)), "label": label}


def _metric_of(key: str) -> Callable[[_Start], Measured]:
    return lambda start: Measured(
        start.history.run.repeat,
        start.figures["metrics"].get(key),
        reason=start.figures["metrics"].get(f"{key}_reason", "not measured"),
    )
