"""What a run took of memory: its footprint stage by stage, its peaks, and how fast it grew. See docs/memory.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.session.data_used import data_used
from dlprof.session.figures import known
from dlprof.session.history import RunHistory, SessionHistory, between
from dlprof.session.load import ON_CPU, device_of, driver_reason
from dlprof.session.records import ENDED_EARLY, Turn
from dlprof.session.table import column, largest

STAGES = ("host_before_import_bytes", "host_import_bytes", "host_model_bytes", "host_first_steps_bytes")
SETTLING_SHARE = 0.25
SETTLING_SECONDS = 4.0
"""The first quarter of the stepping, and at least so much, belongs to the start: pools and caches still fill."""
FEWEST_SECONDS = 5.0
"""Of stepping after the start: of 16 runs of about 6 s that leak nothing, 4 seemed to grow."""
NOT_WARM = "it did not get past its warm-up: what it held is no peak of training"
BLOCKS = 8
T_975 = 2.447
"""97.5 % quantile of Student's t with BLOCKS - 2 degrees of freedom."""

Series = NDArray[np.float64]


@dataclass(frozen=True)
class Slope:
    """Growth in bytes per second of stepping, and its 95 % interval."""

    per_second: float
    low: float
    high: float


def memory(history: RunHistory, session: SessionHistory) -> dict[str, Any]:
    """The report's figures of a run's memory, bytes."""
    said = history.described
    reason = "the lane could not read its own memory, or had not come so far"
    figures: dict[str, Any] = {}
    for key in STAGES:
        figures |= known(key, said.get(key), reason)
    return figures | host_peak(history, session) | _host_slope(history, session) | _device_peaks(history, session)


def host_peak(history: RunHistory, session: SessionHistory) -> dict[str, Any]:
    """The most while training: of the process itself, or of the tree, a shared page counted once.

    Of the tree where a lane of the task has other processes (loader workers, a compiler's), and in a session with
    loader workers, which may be threads: else the lanes could not be compared.
    Not available before a turn is over.
    """
    samples = history.host_while_training
    if session.settings.get("workers") or history.run.task in session.tasks_of_several_processes:
        figure = largest(samples, "pss")
        if figure is not None:
            return {"host_peak_bytes": figure, "host_peak_basis": "pss", "host_peak_since": "training"}
    said = history.described.get("host_training_peak_bytes")
    figures = (said if isinstance(said, int) else None, largest(samples, "peak_rss"))
    figure = max((figure for figure in figures if figure is not None), default=None)
    since = str(history.described.get("host_peak_since", "start"))
    reason = "no sample" if history.turns else NOT_WARM
    return {
        **known("host_peak_bytes", figure, reason),
        **known("host_peak_basis", None if figure is None else "rss", reason),
        **known("host_peak_since", None if figure is None else since, reason),
    }


def host_now(history: RunHistory, basis: str | None) -> int | None:
    """The newest sample of `host_peak`'s series, `basis`; once training has begun, the newest of it."""
    samples = history.host_while_training or history.host
    newest = samples[-1] if samples else None
    return None if newest is None else newest.pss if basis == "pss" else newest.rss


def _host_slope(history: RunHistory, session: SessionHistory) -> dict[str, Any]:
    seconds, values, basis = _growth(history)
    found = slope(seconds, values, *_first_pass(history, session))
    reason = "" if found else _why_no_slope(history, settled_moments(seconds))
    return {
        **known("host_slope_bytes_per_s", found.per_second if found else None, reason),
        **known("host_slope_ci95_bytes_per_s", [found.low, found.high] if found else None, reason),
        **known("host_slope_basis", basis if found else None, reason),
    }


def _why_no_slope(history: RunHistory, moments: Series) -> str:
    early = history.status in ENDED_EARLY
    what_then = f"the run was {history.status} before its length" if early else "record for longer"
    missing = f"less than {FEWEST_SECONDS:g} s of stepping after the start"
    if len(moments) and moments[-1] - moments[0] >= FEWEST_SECONDS:
        missing = f"fewer than {BLOCKS} samples after the start, as the more lanes hold, the rarer they are read"
    return f"{missing}: {what_then}"


def _growth(history: RunHistory) -> tuple[Series, Series, str]:
    """Host memory against seconds of stepping, from turn to turn, and which series it is.

    Resident memory does not depend on other processes, and a page that comes anew is in one process alone. Where
    workers come and go, the pages that they share would: then it is proportional memory, if the kernel tells it.
    """
    turns = history.turns
    samples = between(history.host, turns[0].start_ns, turns[-1].end_ns) if turns else ()
    proportional_too = len(np.unique(column(samples, "processes"))) > 1 and not np.isnan(column(samples, "pss")).any()
    basis = "pss" if proportional_too else "rss"
    return stepping_seconds(turns, column(samples, "t_ns")), column(samples, basis), basis


def stepping_seconds(turns: Sequence[Turn], t_ns: Series) -> Series:
    """How long the run had stepped at each of `t_ns`, seconds; the clock stands still between its turns."""
    starts, ends = column(turns, "start_ns"), column(turns, "end_ns")
    stepped = np.cumsum(ends - starts)
    edges = np.concatenate([[0.0], np.column_stack([starts, ends]).ravel()])
    reached = np.concatenate([[0.0], np.column_stack([stepped - (ends - starts), stepped]).ravel()])
    return np.interp(t_ns, edges, reached) / 1e9


def slope(seconds: Series, values: Series, pass_seconds: float = 0.0, pass_bytes: float = 0.0) -> Slope | None:
    """Growth of `values` per second, over what lies after the start; None with fewer than BLOCKS moments in it, or
    less than FEWEST_SECONDS.

    The samples become BLOCKS medians, equal in number of moments. Their increments are taken for a Brownian motion with
    drift, whose estimate is the whole increment over the whole time: a single jump then is no trend, and neither is
    what comes and goes. Up to `pass_seconds` the training data come into memory as they are first read, `pass_bytes`
    in all: as much of it as falls into the samples lowers the interval.
    """
    moments = settled_moments(seconds)
    if len(moments) < BLOCKS or moments[-1] - moments[0] < FEWEST_SECONDS:
        return None
    blocks = [np.isin(seconds, part) for part in np.array_split(moments, BLOCKS)]
    x = np.array([np.median(seconds[block]) for block in blocks])
    y = np.array([np.median(values[block]) for block in blocks])
    dx, dy = np.diff(x), np.diff(y)
    drift = float(dy.sum() / dx.sum())
    variance = float((((dy - drift * dx) ** 2) / dx).sum()) / (len(dx) - 1)
    margin = T_975 * float(np.sqrt(variance / dx.sum()))
    first_reads = max(0.0, min(pass_seconds, x[-1]) - x[0]) / pass_seconds * pass_bytes if pass_seconds else 0.0
    return Slope(drift, drift - margin - first_reads / float(dx.sum()), drift + margin)


def settled_moments(seconds: Series) -> Series:
    """Those of `seconds` that lie after the start, each once: while a lane waits, samples repeat one moment."""
    if not len(seconds):
        return seconds
    return np.unique(seconds[seconds >= max(SETTLING_SECONDS, SETTLING_SHARE * seconds[-1])])


def _first_pass(history: RunHistory, session: SessionHistory) -> tuple[float, float]:
    """How long the first pass over the training data takes, seconds of stepping, and their size, bytes."""
    data = data_used(session, history.run.task)
    samples, size = data.get("samples"), data.get("bytes")
    if not (isinstance(samples, int) and isinstance(size, int) and len(history.steps) and history.run.batch_size > 0):
        return 0.0, 0.0
    steps = samples // history.run.batch_size
    trained = float(history.steps.column("index")[-1]) + 1
    ends = history.steps.end_ns[history.steps.column("index") >= steps - 1]
    if len(ends):
        return float(stepping_seconds(history.turns, ends[:1])[0]), float(size)
    return history.stepping_ns / 1e9 * steps / trained, float(size)


def _device_peaks(history: RunHistory, session: SessionHistory) -> dict[str, Any]:
    """On the run's own GPU."""
    if not history.turns:
        keys = ("gpu_process_peak_bytes", "gpu_device_peak_bytes", "allocator_peak_bytes")
        return {name: value for key in keys for name, value in known(key, None, NOT_WARM).items()}
    device = device_of(history, session)
    processes = [s for s in history.gpu if s.device == device]
    devices = [s for s in session.devices if s.device == device]
    reason = driver_reason(session) or (ON_CPU if history.run.device == "cpu" else "no sample")
    of_process = next((s.reason for s in reversed(processes) if s.reason), reason)
    of_device = next((s.reason for s in reversed(devices) if s.reason), reason)
    of_allocator = next((s.reason for s in reversed(history.allocator) if s.reason), "no sample")
    return {
        **known("gpu_process_peak_bytes", largest(processes, "used"), of_process),
        **known("gpu_device_peak_bytes", largest(devices, "used"), of_device),
        **known("allocator_peak_bytes", largest(history.allocator, "peak"), of_allocator),
    }
