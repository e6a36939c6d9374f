"""Host memory of the lanes' process trees, and what this machine is."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from dlprof.profilers.collectors.gpu import GpuSampler
from dlprof.profilers.collectors.process_tree import process_tree
from dlprof.session.records import HostMemory
from dlprof.session.text import clean_line

_GOVERNOR = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
_KIB = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE | re.ASCII)


def host_memory(runs: Mapping[int, int], now_ns: Callable[[], int]) -> list[HostMemory]:
    """One sample a run (`runs`: run id -> pid of its first process); a run that is gone is left out.

    The kernel walks the mappings of each process: some 15 ms for each GB that is resident.
    """
    samples = (_sample(run, pid, now_ns) for run, pid in runs.items())
    return [sample for sample in samples if sample is not None]


@dataclass(frozen=True)
class Held:
    """What one process holds, bytes: resident, its peak, unique, and proportional (a shared page split by sharers)."""

    rss: int
    peak_rss: int | None
    uss: int | None
    pss: int | None


def _sample(run: int, pid: int, now_ns: Callable[[], int]) -> HostMemory | None:
    held = [one for process in process_tree(pid) if (one := held_by(process)) is not None]
    if not held:
        return None
    return HostMemory(
        run,
        now_ns(),
        _sum(one.uss for one in held),
        sum(one.rss for one in held),
        _sum(one.peak_rss for one in held),
        len(held),
        _sum(one.pss for one in held),
    )


def held_by(pid: int) -> Held | None:
    """What a process holds; None where it is gone, or going, or holds nothing any more (a zombie)."""
    rollup = _proc_bytes(pid, "smaps_rollup")
    peak = _proc_bytes(pid, "status").get("VmHWM")
    if "Rss" in rollup:
        if peak is None:  # every process with memory has one: this one ended since
            return None
        unique = rollup["Private_Clean"] + rollup["Private_Dirty"]
        return Held(rollup["Rss"], peak, unique, rollup.get("Pss"))
    try:
        process = psutil.Process(pid)
        rss = process.memory_info().rss
    except psutil.Error:
        return None
    return Held(rss, peak, _uss(process), None) if rss else None


def _sum(values: Iterable[int | None]) -> int | None:
    known = list(values)
    return sum(value for value in known if value is not None) if None not in known else None


def _uss(process: psutil.Process) -> int | None:
    """Where there is no /proc: macOS tells it in its own way."""
    try:
        return process.memory_full_info().uss
    except (psutil.Error, AttributeError):
        return None


def _proc_bytes(pid: int, file: str) -> dict[str, int]:
    """The sizes that /proc/PID/`file` lists in kB, as bytes; empty where it cannot be read."""
    try:
        text = Path(f"/proc/{pid}/{file}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    return {name: 1024 * int(value) for name, value in _KIB.findall(text)}


def machine() -> dict[str, Any]:
    """The machine as it is now: names, cores, memory, load, GPUs."""
    gpu = GpuSampler()
    gpus, reason = gpu.gpus(), gpu.reason
    gpu.close()
    governor = _first_line(_GOVERNOR)
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
        "governor": governor,
        "governor_reason": None if governor is not None else f"the system has no {_GOVERNOR}",
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
