"""Whether lanes fit into free memory together, asked before any of them starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from dlprof.profilers.recorder.plan import LanePlan

MIB = 1 << 20


@dataclass(frozen=True)
class Footprint:
    """Host memory of a lane whose first steps are over, bytes, beyond the data: its own and its libraries' pages.

    Lanes on one engine share the pages of its libraries. `copies`: how often it holds the training data itself.
    """

    own: int
    libraries: int
    copies: int


FOOTPRINTS = {
    "torch": Footprint(290 * MIB, 65 * MIB, 0),
    "tensorflow": Footprint(370 * MIB, 430 * MIB, 3),
    "jax": Footprint(250 * MIB, 145 * MIB, 0),
}
"""By the engine that computes. Measured on a CPU with torch 2.13, TensorFlow 2.21 and Keras 3.15, over the tasks
mnist-mlp and text-lstm, the largest of each; `copies` by a recording with ten times the data."""
CONTEXT_BYTES = 512 * MIB
"""GPU memory of a lane before its data: CUDA context, cuBLAS, cuDNN. An assumption: not measured on any GPU."""
PREPARING = 7
"""While it makes the data, before any lane starts, the recorder takes up to so many times their size (measured 6.4)."""


@dataclass(frozen=True)
class Need:
    """What lanes take together, bytes."""

    making_data: int
    host: int
    devices: Mapping[str, int]


def need(lanes: Sequence[LanePlan], data_bytes: int) -> Need:
    """What making the data takes of the host, and what `lanes`, alive at the same time, of it and of each `cuda:N`."""
    present = [lane for lane in lanes if lane.missing is None]
    engines = [_engine(lane) for lane in present]
    footprints = [FOOTPRINTS[engine] for engine in engines]
    own = sum(one.own + one.copies * data_bytes for one in footprints)
    libraries = sum(FOOTPRINTS[engine].libraries for engine in set(engines))
    devices = [lane.device for lane in present if lane.device != "cpu"]
    return Need(
        PREPARING * data_bytes,
        own + libraries + data_bytes,
        {device: devices.count(device) * (CONTEXT_BYTES + data_bytes) for device in sorted(set(devices))},
    )


def _engine(lane: LanePlan) -> str:
    return lane.backend or ("tensorflow" if lane.framework == "keras" else lane.framework)


def refusal(
    lanes: Sequence[LanePlan], data_bytes: int, host_free: int | None, device_free: Mapping[str, int]
) -> str | None:
    """Why `lanes`, alive at the same time, do not fit, with the sizes and what to do; None where they do.

    `host_free` and `device_free` (by `cuda:N`) are bytes; what is not known is not checked.
    """
    wanted = need(lanes, data_bytes)
    names = ", ".join(lane.name for lane in lanes if lane.missing is None)
    advice = "name fewer --lanes, or a smaller --data-mb"
    if host_free is not None and wanted.making_data > host_free:
        size, free = _size(wanted.making_data), _size(host_free)
        return f"making the data takes about {size} of host memory, {free} are free: choose a smaller --data-mb"
    if host_free is not None and wanted.host > host_free:
        return f"{names} need about {_size(wanted.host)} of host memory, {_size(host_free)} are free: {advice}"
    for device, size in wanted.devices.items():
        if size > device_free.get(device, size):
            there = ", ".join(lane.name for lane in lanes if lane.missing is None and lane.device == device)
            free = _size(device_free[device])
            return f"{there} need about {_size(size)} of {device}'s memory, {free} are free: {advice}, or --device"
    return None


def host_free() -> int:
    """What this process and its children can still take, bytes: of the machine, and of every cgroup that it is in."""
    limits = [room for folder in memory_cgroups(_own_cgroups()) if (room := cgroup_room(folder)) is not None]
    return min([psutil.virtual_memory().available, *limits])


def cgroup_room(folder: Path) -> int | None:
    """The limit of a memory cgroup (v1 or v2) less what it uses, file pages that can go not counted; None: no limit."""
    for limit, usage, inactive in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        most, used = _number(folder / limit), _number(folder / usage)
        if most is not None and used is not None:
            return max(0, most - used + _field(folder / "memory.stat", inactive))
    return None


def memory_cgroups(own: str, root: Path = Path("/sys/fs/cgroup")) -> list[Path]:
    """The folders of the memory cgroups that lines of /proc/self/cgroup name, and of those around them."""
    folders: list[Path] = []
    for line in own.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        top = root / "memory" if controllers else root
        inner = top / path.lstrip("/")
        folders += [inner, *(around for around in inner.parents if around.is_relative_to(top))]
    return folders


def _own_cgroups() -> str:
    try:
        return Path("/proc/self/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    try:
        word = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
    return int(word) if word.isdecimal() else None  # `max`: no limit


def _field(path: Path, name: str) -> int:
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name + " ")), 0)


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
