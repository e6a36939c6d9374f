"""GPUs as the driver (NVML) sees them: which there are, their memory and load, and each run's share of the memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pynvml

from dlprof.profilers.collectors import nvml
from dlprof.profilers.collectors.gpu_load import load
from dlprof.session.records import DeviceLoad, DeviceMemory, ProcessMemory

NOT_LISTED = "the driver does not list the process: no GPU use yet, or a container hides it"
ZERO = "the driver says 0 for a process that it lists, as it does in containers"
NOT_TOLD = "the driver does not tell memory by process here (WSL2, MIG or a virtual GPU)"
_MAX_BACK_OFF_SECONDS = 60.0


@dataclass(frozen=True)
class GpuSamples:
    """One round of samples: memory and load of each device, memory of each run on each device."""

    devices: list[DeviceMemory]
    processes: list[ProcessMemory]
    loads: list[DeviceLoad]


class GpuSampler:
    """Samples through NVML. Never raises: `reason` says why there is nothing. A driver call can hang: use a thread."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._handles: list[tuple[str, Any]] = []
        self._back_off = 1.0
        self._retry_at = 0.0
        self._open()

    def gpus(self) -> list[dict[str, Any]]:
        """Each GPU's uuid, name, driver version, and N of its `cuda:N` (None: CUDA_VISIBLE_DEVICES hides it)."""
        order = cuda_order([uuid for uuid, _ in self._handles], os.environ.get("CUDA_VISIBLE_DEVICES"))
        return [
            {
                "uuid": uuid,
                "name": nvml.text(pynvml.nvmlDeviceGetName, handle),
                "driver": nvml.text(_driver_version),
                "cuda": order.index(uuid) if uuid in order else None,
            }
            for uuid, handle in self._handles
        ]

    def cuda_devices(self) -> list[str]:
        """`cuda:0`, `cuda:1`, ... as far as there are GPUs that a lane can see."""
        return [f"cuda:{index}" for index in range(sum(gpu["cuda"] is not None for gpu in self.gpus()))]

    def free(self) -> dict[str, int]:
        """Free memory by `cuda:N`, bytes; a GPU that does not tell is left out."""
        handles = dict(self._handles)
        free = {}
        for gpu in self.gpus():
            try:
                memory = pynvml.nvmlDeviceGetMemoryInfo(handles[gpu["uuid"]])
            except pynvml.NVMLError:
                continue
            if gpu["cuda"] is not None:
                free[f"cuda:{gpu['cuda']}"] = int(memory.free)
        return free

    def sample(self, runs: Mapping[int, Collection[int]], now_ns: Callable[[], int]) -> GpuSamples:
        """Samples of now; `runs`: run id -> pids of its process tree."""
        if self.reason is not None and time.monotonic() >= self._retry_at:
            self._open()
        ours = {pid for pids in runs.values() for pid in pids}
        samples = GpuSamples([], [], [])
        for uuid, handle in self._handles:
            samples.devices.append(self._device(uuid, handle, now_ns()))
            samples.processes.extend(self._processes(uuid, handle, runs, now_ns()))
            samples.loads.append(load(uuid, handle, ours, now_ns()))
        if any(sample.reason in nvml.LOST for sample in samples.devices):
            self._give_up(next(sample.reason for sample in samples.devices if sample.reason in nvml.LOST) or "")
        return samples

    def close(self) -> None:
        """Let go of the driver."""
        self._handles = []
        try:
            pynvml.nvmlShutdown()
        except pynvml.NVMLError:
            return

    def _open(self) -> None:
        try:
            pynvml.nvmlInit()
            handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
            self._handles = [(nvml.text(pynvml.nvmlDeviceGetUUID, handle), handle) for handle in handles]
            self.reason = None if handles else "the driver lists no GPU"
            self._back_off = 1.0
        except pynvml.NVMLError as error:
            self._handles = []
            self._give_up(nvml.why(error))

    def _give_up(self, reason: str) -> None:
        self.reason = reason
        self._retry_at = time.monotonic() + self._back_off
        self._back_off = min(2 * self._back_off, _MAX_BACK_OFF_SECONDS)

    def _device(self, uuid: str, handle: Any, t_ns: int) -> DeviceMemory:
        try:
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        except pynvml.NVMLError as error:
            return DeviceMemory(t_ns, uuid, None, None, nvml.why(error))
        return DeviceMemory(t_ns, uuid, int(memory.used), int(memory.total), None)

    def _processes(self, uuid: str, handle: Any, runs: Mapping[int, Collection[int]], t_ns: int) -> list[ProcessMemory]:
        try:
            listed = {int(p.pid): p.usedGpuMemory for p in pynvml.nvmlDeviceGetComputeRunningProcesses(handle)}
        except pynvml.NVMLError as error:
            return [ProcessMemory(run, t_ns, uuid, None, nvml.why(error)) for run in runs]
        return [ProcessMemory(run, t_ns, uuid, *_used(listed, pids)) for run, pids in runs.items()]


def _used(listed: Mapping[int, int | None], pids: Collection[int]) -> tuple[int | None, str | None]:
    found = [listed[pid] for pid in pids if pid in listed]
    if not found:
        return None, NOT_LISTED
    known = [used for used in found if used is not None]
    if len(known) < len(found):
        return None, NOT_TOLD
    return (sum(known), None) if sum(known) else (None, ZERO)


def _driver_version() -> Any:
    return pynvml.nvmlSystemGetDriverVersion()


def cuda_order(uuids: Sequence[str], visible: str | None) -> list[str]:
    """The GPUs of `cuda:0`, `cuda:1`, ... in a lane, which counts them by bus as NVML does.

    `visible` is CUDA_VISIBLE_DEVICES: indices or UUIDs, which may be cut short; what follows an unknown one is hidden.
    """
    if visible is None:
        return list(uuids)
    order: list[str] = []
    for word in visible.split(","):
        name = word.strip()
        if name.isdecimal():
            found = list(uuids[int(name) : int(name) + 1])
        else:
            found = [uuid for uuid in uuids if name and uuid.startswith(name)]
        if len(found) != 1:
            break
        order += found
    return order
