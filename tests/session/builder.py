"""Session files with known records, made by the real writer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlprof.session.records import (
    COLD,
    WARM_UP,
    AllocatorMemory,
    DeviceLoad,
    DeviceMemory,
    Event,
    Frame,
    HostMemory,
    Probe,
    ProcessMemory,
    Record,
    Run,
    StackSegment,
    StackSpan,
    Step,
    Turn,
)
from dlprof.session.writer import SessionWriter

MS = 1_000_000
SECOND = 1_000_000_000
LANES = {1: ("torch", 2 * MS), 2: ("tensorflow", 3 * MS), 3: ("keras", 4 * MS)}
META: dict[str, Any] = {
    "name": "example",
    "started_at": "2026-01-02T03:04:05+00:00",
    "schedule": "turns",
    "machine": {"cpu": "a cpu", "cores": {"usable": 2}, "gpus": []},
    "settings": {"lanes": ["torch", "tensorflow", "keras"], "tasks": ["mnist-mlp", "text-lstm"]},
    "complete": False,
}


def new_writer(path: Path, **meta: Any) -> SessionWriter:
    return SessionWriter(path, {**META, **meta})


def beginning() -> list[Record]:
    records: list[Record] = [Event(1, None, "unavailable", {"what": "gpu memory", "reason": "no driver"})]
    for run, (lane, _) in LANES.items():
        records.append(Run(run, lane, lane, None, "default", "mnist-mlp", 0, "cpu", 128))
        clocks = dict.fromkeys(("data", "forward", "backward", "optimizer", "other", "step"), "host")
        said = {"framework_version": "1.0", "parameters": 101770, "clocks": clocks}
        records.append(Event(2, run, "status", {"status": "importing", "cause": None}))
        records.append(Event(3, run, "described", said))
    return records


def turn(index: int, *, name: str = "train") -> list[Record]:
    """One turn of 20 steps for each lane, one after the other, each lane in its own second."""
    records: list[Record] = []
    for run, (_, step) in LANES.items():
        start = (3 * index + run) * SECOND
        for i in range(20):
            flags = WARM_UP if index == 0 else COLD if i < 4 else 0
            jitter = (7 * i + 3 * index) % 5 * MS // 100
            phases = (step // 10, step // 4, step // 4, step // 4)
            loss = 1.0 / (1 + index + i / 20)
            records.append(Step(run, 20 * index + i, start + i * step, step + jitter, *phases, loss, flags, index - 1))
        end = start + 20 * step
        records.append(Turn(run, index, start, end, waited=index > 0))
        records.append(HostMemory(run, end, 100 << 20, 120 << 20, (130 + index) << 20, 1))
        records.append(AllocatorMemory(run, end, None, None, None, "none on a CPU"))
        frames = (Frame("<module>", "main.py", 1), Frame(name, "loop.py", 7))
        span = StackSpan(run, start, 20 * step, 1, True, frames)
        records.append(StackSegment(run, end, 20, 20 * step, 0, None, (span,)))
    return records


def gpu_samples() -> list[Record]:
    return [
        DeviceMemory(5, "GPU-1", 10, 100, None),
        ProcessMemory(1, 6, "GPU-1", None, "not listed"),
        DeviceLoad(7, "GPU-1", 0.5, 0.1, 70_000, 1500, "", None),
        Probe(1, 8, 5, 6),
    ]


def endings() -> list[Record]:
    """How each lane's run ended, at about 99 s: one completed, one failed, one killed."""
    t_ns = 99 * SECOND
    error = {"type": "ValueError", "message": "no", "traceback": "Traceback\n  File x\nValueError: no"}
    return [
        Event(t_ns, None, "prepared", {"task": "mnist-mlp", "samples": 1280, "bytes": 5_000_000}),
        Event(t_ns, 1, "metrics", {"accuracy": 0.9, "precision": 0.8, "recall": 0.7, "f1": 0.75}),
        Event(
            t_ns, 1, "deployed", {"format": "onnx", "save_ns": 5, "bytes": 9, "largest_difference": 0.0, "needs": []}
        ),
        Event(t_ns, 1, "deployed", {"format": "litert", "reason": "no exporter"}),
        Event(t_ns, 1, "installed", {"distributions": 2, "bytes": 9, "import_ns": 5}),
        Event(t_ns, 1, "status", {"status": "completed", "cause": None}),
        Event(t_ns, 2, "error", error),
        Event(t_ns, 2, "output", {"stream": "stderr", "tail": "some words\n"}),
        Event(t_ns, 2, "status", {"status": "failed", "cause": "ValueError: no"}),
        Event(t_ns, 3, "dropped", {"steps": 2}),
        Event(t_ns, 3, "status", {"status": "killed", "cause": "killed by SIGKILL"}),
    ]
