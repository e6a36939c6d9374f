"""Host memory of the lanes' process trees, and what this machine is."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from dlprof.profilers.collectors.gpu import GpuSampler
from dlprof.session.records import HostMemory
from dlprof.session.text import clean_line


class HostSampler:
    """Samples host memory. One process takes 1-5 ms, for its unique set size: meant for 1 Hz."""

    def sample(self, runs: Mapping[int, int], now_ns: Callable[[], int]) -> list[HostMemory]:
        """One sample a run (`runs`: run id -> pid of its first process); a run that is gone is left out."""
        samples = (_sample(run, pid, now_ns) for run, pid in runs.items())
        return [sample for sample in samples if sample is not None]


def _sample(run: int, pid: int, now_ns: Callable[[], int]) -> HostMemory | None:
    uss: list[int | None] = []
    rss: list[int] = []
    peaks: list[int | None] = []
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return None
    for process in tree:
        try:
            rss.append(process.memory_info().rss)
        except psutil.Error:
            continue
        uss.append(_uss(process))
        peaks.append(_peak_rss(process.pid))
    if not rss:
        return None
    return HostMemory(run, now_ns(), _sum(uss), sum(rss), _sum(peaks), len(rss))


def _sum(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _uss(process: psutil.Process) -> int | None:
    try:
        return process.memory_full_info().uss
    except (psutil.Error, AttributeError):
        return None


def _peak_rss(pid: int) -> int | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)


def machine() -> dict[str, Any]:
    """The machine as it is now: names, cores, memory, load, GPUs."""
    gpu = GpuSampler()
    gpus, reason = gpu.gpus(), gpu.reason
    gpu.close()
    return {
        "host": clean_line(platform.node()),
        "os": clean_line(platform.platform()),
        "cpu": _cpu_model(),
        "cores": {
            "physical": psutil.cpu_count(logical=False),
            "logical": psutil.cpu_count(),
            "usable": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        },
        "memory_bytes": psutil.virtual_memory().total,
        "load_at_start": list(os.getloadavg()),
        "governor": _first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "gpus": gpus,
        "gpus_reason": reason,
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return clean_line(platform.processor() or platform.machine())
    model = next((line.partition(":")[2] for line in lines if line.startswith("model name")), platform.machine())
    return clean_line(model)


def _first_line(path: str) -> str | None:
    try:
        return clean_line(Path(path).read_text(encoding="ascii", errors="replace"))
    except OSError:
        return None
