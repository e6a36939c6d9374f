"""GPU memory from the driver (NVML): of each device, and of each run's processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import pynvml

from dlprof.session.records import DeviceMemory, ProcessMemory
from dlprof.session.text import clean_line

NOT_LISTED = "the driver does not list the process: no GPU use yet, or a container hides it"
ZERO = "the driver says 0 for a process that it lists, as it does in containers"
NOT_TOLD = "the driver does not tell memory by process here (WSL2, MIG or a virtual GPU)"
_MAX_BACK_OFF_SECONDS = 60.0


class GpuSampler:
    """Samples through NVML. Never raises: `reason` says why there is nothing. A driver call can hang: use a thread."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._handles: list[tuple[str, Any]] = []
        self._back_off = 1.0
        self._retry_at = 0.0
        self._open()

    def gpus(self) -> list[dict[str, Any]]:
        """Each GPU's uuid, name and driver version."""
        return [
            {"uuid": uuid, "name": _text(pynvml.nvmlDeviceGetName, handle), "driver": _text(_driver_version)}
            for uuid, handle in self._handles
        ]

    def sample(
        self, runs: Mapping[int, Collection[int]], now_ns: Callable[[], int]
    ) -> tuple[list[DeviceMemory], list[ProcessMemory]]:
        """One sample a device, and one a run and device (`runs`: run id -> pids of its process tree)."""
        if self.reason is not None and time.monotonic() >= self._retry_at:
            self._open()
        devices, processes = [], []
        for uuid, handle in self._handles:
            devices.append(self._device(uuid, handle, now_ns()))
            processes += self._processes(uuid, handle, runs, now_ns())
        if any(sample.reason in _LOST for sample in devices):
            self._give_up(next(sample.reason for sample in devices if sample.reason in _LOST) or "")
        return devices, processes

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
            self._handles = [(_text(pynvml.nvmlDeviceGetUUID, handle), handle) for handle in handles]
            self.reason = None if handles else "the driver lists no GPU"
            self._back_off = 1.0
        except pynvml.NVMLError as error:
            self._handles = []
            self._give_up(_why(error))

    def _give_up(self, reason: str) -> None:
        self.reason = reason
        self._retry_at = time.monotonic() + self._back_off
        self._back_off = min(2 * self._back_off, _MAX_BACK_OFF_SECONDS)

    def _device(self, uuid: str, handle: Any, t_ns: int) -> DeviceMemory:
        try:
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        except pynvml.NVMLError as error:
            return DeviceMemory(t_ns, uuid, None, None, _why(error))
        return DeviceMemory(t_ns, uuid, int(memory.used), int(memory.total), None)

    def _processes(self, uuid: str, handle: Any, runs: Mapping[int, Collection[int]], t_ns: int) -> list[ProcessMemory]:
        try:
            listed = {int(p.pid): p.usedGpuMemory for p in pynvml.nvmlDeviceGetComputeRunningProcesses(handle)}
        except pynvml.NVMLError as error:
            return [ProcessMemory(run, t_ns, uuid, None, _why(error)) for run in runs]
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


def _text(ask: Callable[..., Any], *arguments: Any) -> str:
    try:
        answer = ask(*arguments)
    except pynvml.NVMLError as error:
        return f"unknown ({_why(error)})"
    return clean_line(answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer))


_REASONS = {
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: "no NVIDIA driver library (libnvidia-ml.so.1) on this machine",
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "the NVIDIA driver is not loaded",
    pynvml.NVML_ERROR_NO_PERMISSION: "no permission to ask the NVIDIA driver (MIG, or a container's limits)",
    pynvml.NVML_ERROR_NOT_SUPPORTED: "this GPU does not tell its memory",
    pynvml.NVML_ERROR_FUNCTION_NOT_FOUND: "the installed NVIDIA driver is too old to tell",
    pynvml.NVML_ERROR_GPU_IS_LOST: "the GPU is lost: it fell off the bus",
    pynvml.NVML_ERROR_RESET_REQUIRED: "the GPU needs a reset",
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "the NVIDIA driver was changed while it ran: reload it or reboot",
}
_LOST = frozenset(
    _REASONS[code]
    for code in (
        pynvml.NVML_ERROR_GPU_IS_LOST,
        pynvml.NVML_ERROR_RESET_REQUIRED,
        pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
    )
)


def _why(error: pynvml.NVMLError) -> str:
    code = getattr(error, "value", None)
    return (
        _REASONS.get(code, clean_line(f"the NVIDIA driver says: {error}"))
        if code is not None
        else clean_line(str(error))
    )
