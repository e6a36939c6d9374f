"""What a GPU does, as the driver sees it: how busy it is and for whom, its power, its clock, what holds that down."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from typing import Any

import psutil
import pynvml

from dlprof.profilers.collectors import nvml
from dlprof.session.records import DeviceLoad

SHARE_SECONDS = 1.0
"""Processes' shares of a GPU are taken from the driver's samples of the last second, the time between two of ours."""
HIDDEN = "a container hides the processes that use the GPU"

_HELD_DOWN = (
    (pynvml.nvmlClocksEventReasonSwThermalSlowdown | pynvml.nvmlClocksEventReasonHwThermalSlowdown, "thermal"),
    (pynvml.nvmlClocksEventReasonSwPowerCap, "power cap"),
    (pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown, "power brake"),
    (pynvml.nvmlClocksEventReasonApplicationsClocksSetting, "set clocks"),
    (pynvml.nvmlClocksEventReasonSyncBoost, "sync boost"),
    (pynvml.nvmlClocksEventReasonDisplayClockSetting, "display clock"),
)
_SLOWDOWN = pynvml.nvmlClocksEventReasonHwSlowdown


def load(device: str, handle: Any, ours: Collection[int], t_ns: int) -> DeviceLoad:
    """The load of one GPU; `ours` are the pids of all lanes' process trees.

    Each value that the driver does not tell is None, and `reason` says why: `name: why`, joined by semicolons.
    """
    reasons: list[str] = []

    def told(name: str, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except pynvml.NVMLError as error:
            reasons.append(f"{name}: {nvml.why(error)}")
        except LookupError as error:
            reasons.append(f"{name}: {error.args[0]}")
        return None

    return DeviceLoad(
        t_ns,
        device,
        told("utilization", lambda: _utilization(handle)),
        told("others_utilization", lambda: _others(handle, ours)),
        told("power", lambda: int(pynvml.nvmlDeviceGetPowerUsage(handle))),
        told("clock", lambda: int(pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM))),
        told("throttle", lambda: held_down(_clock_reasons(handle))),
        "; ".join(reasons) or None,
    )


def held_down(bits: int) -> str:
    """What holds the clocks down, by name, comma-separated; an idle GPU's low clocks are held down by nothing."""
    names = [name for mask, name in _HELD_DOWN if bits & mask]
    if bits & _SLOWDOWN and not {"thermal", "power brake"} & set(names):
        names.append("hardware slowdown")
    return ", ".join(names)


def others_share(samples: Iterable[tuple[int, int, int]], ours: Collection[int]) -> float:
    """Utilisation (0-1) by processes that are not `ours`, of samples (pid, time stamp, percent).

    Raises:
        LookupError: a pid is not of this PID namespace, so that nobody can tell who is who.
    """
    newest: dict[int, tuple[int, int]] = {}
    for pid, stamp, percent in samples:
        if percent <= 100:  # drivers are known to give garbage for a process that has just ended
            newest[pid] = max(newest.get(pid, (0, 0)), (stamp, percent))
    if not all(psutil.pid_exists(pid) for pid in newest):
        raise LookupError(HIDDEN)
    return min(1.0, sum(percent for pid, (_, percent) in newest.items() if pid not in ours) / 100)


def _utilization(handle: Any) -> float:
    rates: Any = pynvml.nvmlDeviceGetUtilizationRates(handle)
    return int(rates.gpu) / 100


def _others(handle: Any, ours: Collection[int]) -> float:
    since_us = int((time.time() - SHARE_SECONDS) * 1e6)
    try:
        samples = pynvml.nvmlDeviceGetProcessUtilization(handle, since_us)
    except pynvml.NVMLError as error:
        if nvml.code(error) in (pynvml.NVML_SUCCESS, pynvml.NVML_ERROR_NOT_FOUND):  # no process was busy
            return 0.0
        raise
    return others_share(((int(s.pid), int(s.timeStamp), int(s.smUtil)) for s in samples), ours)


def _clock_reasons(handle: Any) -> int:
    try:
        return int(pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle))
    except pynvml.NVMLError as error:
        if nvml.code(error) != pynvml.NVML_ERROR_FUNCTION_NOT_FOUND:
            raise
        return int(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle))  # its name before driver 535
