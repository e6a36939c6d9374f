"""What of this machine dlprof can use."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from dlprof.profilers.collectors.gpu import GpuSampler
from dlprof.profilers.collectors.host import host_memory
from dlprof.profilers.collectors.load import LoadMeter
from dlprof.profilers.collectors.stacks import py_spy, why_refused
from dlprof.profilers.recorder.interpreters import NEEDS, why_missing
from dlprof.session.filesystem import is_network_file_system
from dlprof.session.text import clean_line


@dataclass(frozen=True)
class Check:
    """One thing looked at: what was found and, where it is not well, what to do."""

    name: str
    ok: bool
    found: str
    advice: str | None = None


def doctor(sessions_folder: Path) -> list[Check]:
    """Look at everything that a recording can use."""
    frameworks = [_framework(framework, backend) for framework, backend in NEEDS]
    return [*frameworks, _stacks(), _host_memory(), _load(), _gpu(), _folder(sessions_folder)]


def _framework(framework: str, backend: str | None) -> Check:
    name = framework if backend in (None, "tensorflow") else f"{framework}@{backend}"
    missing = why_missing(sys.executable, framework, backend, own=True)
    if missing:
        found, _, advice = missing.partition(": ")
        return Check(name, ok=False, found=found, advice=advice)
    return Check(name, ok=True, found=" on ".join(metadata.version(part) for part in (framework, backend) if part))


def _stacks() -> Check:
    program = py_spy()
    if program is None:
        return Check("stacks (py-spy)", ok=False, found="py-spy is not installed", advice="pip install py-spy")
    target = subprocess.Popen([sys.executable, "-I", "-c", "input()"], stdin=subprocess.PIPE)
    try:
        command = [program, "dump", "--nonblocking", "--pid", str(target.pid)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("stacks (py-spy)", ok=False, found=clean_line(str(error)))
    finally:
        target.communicate(b"\n")
    if done.returncode:
        return Check("stacks (py-spy)", ok=False, found="refused", advice=why_refused(done.stderr))
    return Check("stacks (py-spy)", ok=True, found=f"py-spy {metadata.version('py-spy')} may read its lanes")


def _host_memory() -> Check:
    sample = host_memory({0: os.getpid()}, lambda: 0)
    if sample and sample[0].uss is not None:
        return Check("host memory", ok=True, found="unique set size can be read")
    return Check("host memory", ok=False, found="only resident set size", advice="the system hides smaps")


def _load() -> Check:
    unavailable = LoadMeter().unavailable
    if unavailable:
        found = "; ".join(f"no {what}: {reason}" for what, reason in unavailable)
        return Check("load of others", ok=False, found=found, advice="recordings work without it")
    return Check("load of others", ok=True, found="CPU time of others, stolen time and throttling can be read")


def _gpu() -> Check:
    sampler = GpuSampler()
    names = ", ".join(gpu["name"] for gpu in sampler.gpus())
    reason = sampler.reason
    sampler.close()
    if reason:
        return Check("GPU memory (NVML)", ok=False, found=reason, advice="recordings on the CPU work without it")
    return Check("GPU memory (NVML)", ok=True, found=names)


def _folder(folder: Path) -> Check:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(existing, os.W_OK):
        return Check("sessions", ok=False, found=f"{folder} cannot be written", advice="give a path: --record PATH")
    if is_network_file_system(existing):
        found = f"{folder}, on a network file system: recordings work, watch only on this host"
        return Check("sessions", ok=True, found=found)
    return Check("sessions", ok=True, found=str(folder))
