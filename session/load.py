"""What the GPU of a run did while the run stepped. See docs/gpu.md."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, median
from typing import Any

from dlprof.session.figures import known
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.records import DeviceLoad

ON_CPU = "the run is on the CPU"


def load(history: RunHistory, session: SessionHistory) -> dict[str, Any]:
    """The report's figures of the run's own GPU, over the samples inside its own turns. Shares are 0-1."""
    device = device_of(history, session)
    samples = _own(history, session, device)
    utilization = [s.utilization for s in samples if s.utilization is not None]
    others = [s.others_utilization for s in samples if s.others_utilization is not None]
    power = [s.power_mw for s in samples if s.power_mw is not None]
    clock = [s.clock_mhz for s in samples if s.clock_mhz is not None]
    throttle = [s.throttle for s in samples if s.throttle is not None]
    held = [words for words in throttle if words]

    def why(name: str) -> str:
        return _why(name, samples, history, session)

    return {
        **known("device", device, why("device")),
        "samples": len(samples),
        **known("utilization_mean", fmean(utilization) if utilization else None, why("utilization")),
        **known("others_utilization_mean", fmean(others) if others else None, why("others_utilization")),
        **known("power_mean_w", fmean(power) / 1000 if power else None, why("power")),
        **known("clock_median_mhz", median(clock) if clock else None, why("clock")),
        **known("throttled_share", len(held) / len(throttle) if throttle else None, why("throttle")),
        "throttled_by": sorted({name for words in held for name in words.split(", ")}),
    }


def device_of(history: RunHistory, session: SessionHistory) -> str | None:
    """The UUID of the GPU that the run's `cuda:N` is; None on a CPU, or where the session does not list it."""
    name, _, number = history.run.device.partition(":")
    machine = session.meta.get("machine")
    gpus = machine.get("gpus") if isinstance(machine, dict) else None
    if name != "cuda" or not isinstance(gpus, list):
        return None
    for index, gpu in enumerate(gpu for gpu in gpus if isinstance(gpu, dict)):
        if str(gpu.get("cuda", index)) == (number or "0"):
            return str(gpu.get("uuid"))
    return None


def _own(history: RunHistory, session: SessionHistory, device: str | None) -> Sequence[DeviceLoad]:
    turns = iter(history.turns)
    turn = next(turns, None)
    samples = []
    for sample in session.loads:
        while turn is not None and turn.end_ns < sample.t_ns:
            turn = next(turns, None)
        if turn is not None and turn.start_ns <= sample.t_ns and sample.device == device:
            samples.append(sample)
    return samples


def _why(name: str, samples: Sequence[DeviceLoad], history: RunHistory, session: SessionHistory) -> str:
    if history.run.device == "cpu":
        return ON_CPU
    for sample in reversed(samples):
        for part in (sample.reason or "").split("; "):
            if part.startswith(f"{name}: "):
                return part.removeprefix(f"{name}: ")
    return driver_reason(session) or "no sample in the run's turns"


def driver_reason(session: SessionHistory) -> str | None:
    """Why nothing could be asked of GPUs in this session; None where the driver answered."""
    events = (e.data for e in session.events if e.kind == "unavailable" and e.data.get("what") == "gpu memory")
    return next((str(data.get("reason")) for data in events), None)
