"""The records of a session: what the recorder writes and every reader sees.

All times are nanoseconds on one monotonic clock since the session's start; sizes are bytes. None means "not
available"; the reason stands beside it or, for a phase, in the run's ``described`` event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

MEASURED_PHASES = ("data", "forward", "backward", "optimizer")
PHASES = (*MEASURED_PHASES, "other")
"""In the order of a step. `other` is what the measured ones leave of it."""

LARGEST = 1 << 62
"""Every whole number is smaller: 146 years, in ns. Sums of two such numbers are still whole numbers of 64 bits."""

CLOCKS = ("host", "cuda-event", "in-graph", "probe", "n/a")

WARM_UP = 1
"""Flag of a step before the first turn: tracing, compiling, filling of caches. Kept, not counted."""
COLD = 2
"""Flag of a step right after a wait or a probe. Kept, not counted."""
DARK = 4
"""Flag of a step without stamps, against which the cost of the others is weighed. Only its total is known."""
COMPILED = 8
"""Flag of a step in which the framework traced or compiled anew. Kept, not counted."""
LEFT_OUT = 16
"""Flag that a reader gives to steps it was asked to leave out. Never in a file."""

FAILED_STATUSES = ("failed", "killed", "unavailable")
"""Of a run that failed, was killed, or could not start."""
STOPPED = "stopped"
"""Of a run that was asked to end before the length that it was to have, and has evaluated."""
UNFINISHED = "unfinished"
"""What a session is whose file has no end: its recorder was killed, or it is a copy of a recording that went on."""
INTERRUPTED = "interrupted"
"""Of a run that was going on when the recording was ended at once."""
ENDED_EARLY = (STOPPED, INTERRUPTED)
"""Of a run that did nothing wrong, but has not the length that it was to have."""
FINAL_STATUSES = ("completed", STOPPED, INTERRUPTED, *FAILED_STATUSES)
STATUSES = (
    "starting",
    "importing",
    "building",
    "warming up",
    "ready",
    "stepping",
    "waiting",
    "evaluating",
    "deploying",
    *FINAL_STATUSES,
)


@dataclass(frozen=True)
class Run:
    """One lane that trains one task, in a process of its own."""

    id: int
    lane: str
    framework: str
    backend: str | None
    mode: str
    task: str
    repeat: int
    device: str
    batch_size: int


@dataclass(frozen=True)
class Step:
    """One optimizer update. `total_ns` runs from the end of the step before it to its own end."""

    run: int
    index: int
    start_ns: int
    total_ns: int
    data_ns: int | None
    forward_ns: int | None
    backward_ns: int | None
    optimizer_ns: int | None
    loss: float | None
    flags: int
    turn: int


@dataclass(frozen=True)
class Turn:
    """A slice of time in which one lane stepped. `waited`: its process was stopped before it.

    `sampled`: its stacks were sampled. What else went on meanwhile, where the system tells: CPU time used by processes
    that are not dlprof's, CPU time that the hypervisor gave to others, time in which a cgroup's quota stopped the lane.
    """

    run: int
    index: int
    start_ns: int
    end_ns: int
    waited: bool
    sampled: bool = True
    others_cpu_ns: int | None = None
    steal_ns: int | None = None
    throttled_ns: int | None = None


@dataclass(frozen=True)
class Probe:
    """Forward and backward time of one step, from separately compiled parts timed between steps: an estimate."""

    run: int
    t_ns: int
    forward_ns: int
    backward_ns: int


@dataclass(frozen=True)
class HostMemory:
    """Host memory of a run's process tree: unique, resident, sum of each process's peak resident, proportional."""

    run: int
    t_ns: int
    uss: int | None
    rss: int
    peak_rss: int | None
    processes: int
    pss: int | None = None


@dataclass(frozen=True)
class AllocatorMemory:
    """What the framework's own allocator says it holds on the run's device."""

    run: int
    t_ns: int
    allocated: int | None
    reserved: int | None
    peak: int | None
    reason: str | None


@dataclass(frozen=True)
class DeviceMemory:
    """Memory of a whole GPU as the driver sees it, every process counted."""

    t_ns: int
    device: str
    used: int | None
    total: int | None
    reason: str | None


@dataclass(frozen=True)
class ProcessMemory:
    """GPU memory of a run's process tree on one GPU, as the driver sees it."""

    run: int
    t_ns: int
    device: str
    used: int | None
    reason: str | None


@dataclass(frozen=True)
class DeviceLoad:
    """What a GPU does: utilisation and other processes' share of it (0-1), power, clock, why its clocks are held down.

    `throttle` is empty where nothing holds them down, None where the driver does not tell; then `reason` says why.
    """

    t_ns: int
    device: str
    utilization: float | None
    others_utilization: float | None
    power_mw: int | None
    clock_mhz: int | None
    throttle: str | None
    reason: str | None


@dataclass(frozen=True)
class Frame:
    """One Python frame."""

    name: str
    file: str
    line: int


@dataclass(frozen=True)
class StackSpan:
    """The stack (outermost frame first) that the sampler saw from `t_ns` on, for `duration_ns`, inside a turn."""

    run: int
    t_ns: int
    duration_ns: int
    thread: int
    main: bool
    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class StackSegment:
    """One stretch of stack sampling, stored when it ended: its rate, stepping time covered, and what went wrong."""

    run: int
    stored_ns: int
    hz: int
    covered_ns: int
    errors: int
    reason: str | None
    spans: Sequence[StackSpan]


@dataclass(frozen=True)
class Event:
    """Something that happened, to a run or (`run` None) to the session. Kinds and their data:

    - ``status``: ``{"status": one of STATUSES, "cause": text or None}``
    - ``described``: what the lane said of itself: version, parameters, threads, input, clocks, reasons, memory
    - ``error``: ``{"type", "message", "traceback"}``
    - ``metrics``: held-out loss, accuracy, precision, recall, f1 and averages, or ``reason`` why there are none
    - ``deployed``: one format: ``format``, ``save_ns``, ``bytes``, ``cold_start_ns`` and so on, or ``reason``
    - ``installed``: what the lane's framework takes to install: ``distributions``, ``bytes``, ``import_ns``
    - ``output``: ``{"stream": "stdout" | "stderr", "tail": text}``
    - ``dropped``: ``{"steps": count}``
    - ``unavailable``: ``{"what": "gpu memory" | "stacks" | ..., "reason": text}``
    """

    t_ns: int
    run: int | None
    kind: str
    data: Mapping[str, Any]


Record = Union[
    Run, Step, Turn, Probe, HostMemory, AllocatorMemory, DeviceMemory, ProcessMemory, DeviceLoad, StackSegment, Event
]
