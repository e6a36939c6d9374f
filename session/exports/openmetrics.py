"""A session's newest figures as metrics, in the OpenMetrics text format 1.0.

Only counters and gauges, and no time stamps: so Prometheus' older text format, and with it the node exporter's textfile
collector, reads the same text. A figure that is not available is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlprof.session.history import STEP_CLASSES, RunHistory, SessionHistory
from dlprof.session.phases import phase_figures
from dlprof.session.records import DeviceLoad, DeviceMemory
from dlprof.session.statistics import samples_per_second

Sample = tuple[Mapping[str, str], float | None]
"""Labels and value; None is not available."""


@dataclass(frozen=True)
class Metric:
    """What is measured, in `unit`, with which its name ends where there is one."""

    kind: Literal["counter", "gauge"]
    name: str
    unit: str
    help: str


def openmetrics(session: SessionHistory) -> Iterator[bytes]:
    """The text in pieces; it ends with `# EOF`."""
    for metric, samples in _families(session):
        known = [(labels, value) for labels, value in samples if value is not None]
        if known:
            yield "".join(f"{line}\n" for line in _lines(metric, known)).encode()
    yield b"# EOF\n"


def _families(session: SessionHistory) -> Iterator[tuple[Metric, Iterable[Sample]]]:
    for metric, of_session in _OF_SESSION:
        yield metric, [({}, of_session(session))]
    for metric, of_run in _OF_RUNS:
        yield metric, [({**_labels(run), **labels}, value) for run in session.runs for labels, value in of_run(run)]
    memory = {sample.device: sample for sample in session.devices}
    for metric, of_memory in _OF_DEVICE_MEMORY:
        yield metric, [({"device": device}, of_memory(sample)) for device, sample in memory.items()]
    loads = {sample.device: sample for sample in session.loads}
    for metric, of_load in _OF_DEVICE_LOAD:
        yield metric, [({"device": device}, of_load(sample)) for device, sample in loads.items()]


def _labels(history: RunHistory) -> dict[str, str]:
    run = history.run
    return {"run": str(run.id), "lane": run.lane, "task": run.task, "repeat": str(run.repeat)}


def _status(history: RunHistory) -> Iterator[Sample]:
    yield {"status": history.status}, 1


def _steps(history: RunHistory) -> Iterator[Sample]:
    for name, count in zip(STEP_CLASSES, np.bincount(history.steps.classes, minlength=len(STEP_CLASSES)), strict=True):
        yield {"class": name}, int(count)


def _dropped(history: RunHistory) -> Iterator[Sample]:
    yield {}, int(history.last("dropped").get("steps", 0))


def _stepping(history: RunHistory) -> Iterator[Sample]:
    yield {}, history.stepping_ns / 1e9


def _durations(history: RunHistory) -> Iterator[Sample]:
    for phase, found in phase_figures(history).items():
        labels = {"phase": phase, "clock": found.clock}
        for quantile, ns in (("0.5", found.spread.median_ns), ("0.95", found.spread.p95_ns)):
            yield {**labels, "quantile": quantile}, None if ns is None else ns / 1e9


def _speed(history: RunHistory) -> Iterator[Sample]:
    yield {}, samples_per_second(history.steps.counted, history.run.batch_size)


def _loss(history: RunHistory) -> Iterator[Sample]:
    known = history.steps.losses
    yield {}, float(known[-1]) if len(known) else None


def _host(history: RunHistory) -> Iterator[Sample]:
    for sample in history.host[-1:]:
        yield {"kind": "resident"}, sample.rss
        yield {"kind": "unique"}, sample.uss
        yield {"kind": "proportional"}, sample.pss
        yield {"kind": "peak resident"}, sample.peak_rss


def _allocator(history: RunHistory) -> Iterator[Sample]:
    for sample in history.allocator[-1:]:
        yield {"kind": "allocated"}, sample.allocated
        yield {"kind": "reserved"}, sample.reserved
        yield {"kind": "peak"}, sample.peak


def _on_gpus(history: RunHistory) -> Iterator[Sample]:
    for device, sample in {sample.device: sample for sample in history.gpu}.items():
        yield {"device": device}, sample.used


_OF_SESSION: tuple[tuple[Metric, Callable[[SessionHistory], float]], ...] = (
    (Metric("gauge", "dlprof_complete", "", "1 when the recording has ended."), lambda session: session.complete),
    (
        Metric("gauge", "dlprof_recorded_seconds", "seconds", "How far the recording has come."),
        lambda session: session.horizon_ns / 1e9,
    ),
)
_OF_RUNS: tuple[tuple[Metric, Callable[[RunHistory], Iterator[Sample]]], ...] = (
    (Metric("gauge", "dlprof_run_status", "", "1 for what a run does, or how it ended."), _status),
    (Metric("counter", "dlprof_steps", "", "Steps recorded, by class."), _steps),
    (Metric("counter", "dlprof_steps_dropped", "", "Steps that were not recorded."), _dropped),
    (Metric("counter", "dlprof_stepping_seconds", "seconds", "Time in turns."), _stepping),
    (Metric("gauge", "dlprof_phase_seconds", "seconds", "Median and 95th percentile of counted steps."), _durations),
    (Metric("gauge", "dlprof_samples_per_second", "", "Samples trained a second of counted steps."), _speed),
    (Metric("gauge", "dlprof_loss", "", "The last loss."), _loss),
    (Metric("gauge", "dlprof_host_memory_bytes", "bytes", "Host memory of a run's processes."), _host),
    (Metric("gauge", "dlprof_allocator_bytes", "bytes", "What the framework's allocator holds."), _allocator),
    (Metric("gauge", "dlprof_gpu_process_bytes", "bytes", "GPU memory of a run's processes."), _on_gpus),
)
_OF_DEVICE_MEMORY: tuple[tuple[Metric, Callable[[DeviceMemory], float | None]], ...] = (
    (Metric("gauge", "dlprof_gpu_used_bytes", "bytes", "GPU memory in use by all processes."), lambda s: s.used),
    (Metric("gauge", "dlprof_gpu_total_bytes", "bytes", "GPU memory there is."), lambda s: s.total),
)
_OF_DEVICE_LOAD: tuple[tuple[Metric, Callable[[DeviceLoad], float | None]], ...] = (
    (
        Metric("gauge", "dlprof_gpu_utilization_ratio", "ratio", "How much of the time a GPU works."),
        lambda s: s.utilization,
    ),
    (
        Metric("gauge", "dlprof_gpu_others_ratio", "ratio", "The same, by other processes."),
        lambda s: s.others_utilization,
    ),
    (
        Metric("gauge", "dlprof_gpu_power_watts", "watts", "Power of a GPU."),
        lambda s: None if s.power_mw is None else s.power_mw / 1e3,
    ),
    (
        Metric("gauge", "dlprof_gpu_clock_hertz", "hertz", "Clock of a GPU."),
        lambda s: None if s.clock_mhz is None else s.clock_mhz * 1e6,
    ),
)


def _lines(metric: Metric, samples: Iterable[tuple[Mapping[str, str], float]]) -> Iterator[str]:
    yield f"# TYPE {metric.name} {metric.kind}"
    if metric.unit:
        yield f"# UNIT {metric.name} {metric.unit}"
    yield f"# HELP {metric.name} {metric.help}"
    name = f"{metric.name}_total" if metric.kind == "counter" else metric.name
    for labels, value in samples:
        said = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{{{said}}} {_number(value)}" if said else f"{name} {_number(value)}"


def _number(value: float) -> str:
    return str(int(value)) if isinstance(value, int) else repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
