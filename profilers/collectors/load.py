"""What disturbs a turn: CPU time of processes that are not the recording's, of other virtual machines, and quotas."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dlprof.profilers.collectors.cgroup import cgroup_files
from dlprof.profilers.collectors.process_tree import KERNEL_LISTS_CHILDREN

NS = 1_000_000_000
_STAT = "/proc/stat"


@dataclass(frozen=True)
class ProcessTime:
    """CPU time of a process and, apart, of those of its children that ended and were waited for, ns."""

    own_ns: int
    reaped_ns: int


@dataclass(frozen=True)
class LoadReading:
    """Counters at one moment, ns: of the usable CPUs, of this process's cgroup, of the recording's processes by pid."""

    busy_ns: int | None
    steal_ns: int | None
    throttled_ns: int | None
    processes: Mapping[int, ProcessTime]


@dataclass(frozen=True)
class Disturbance:
    """What went on between two readings, ns; None where the system does not tell.

    `others_cpu_ns` and `steal_ns` come from counters in ticks of 10 ms, one for each CPU: a few ticks are noise.
    """

    others_cpu_ns: int | None
    steal_ns: int | None
    throttled_ns: int | None


class LoadMeter:
    """Reads the counters, in some 0.1 ms on a small machine. `unavailable`: what it cannot tell, and why."""

    def __init__(self) -> None:
        self._cpus = usable_cpus()
        self._tick_ns = NS // os.sysconf("SC_CLK_TCK")
        self._throttle_file = next((path for path in _throttle_files() if throttled_ns(_text(path)) is not None), None)
        self.unavailable: tuple[tuple[str, str], ...] = tuple(self._missing())

    @property
    def cores(self) -> int:
        """How many cores the recording may use."""
        return len(self._cpus)

    def read(self, roots: Iterable[int]) -> LoadReading:
        """The counters now; the recording's processes are this one, `roots` (pids), and their children.

        Of a process's children those are seen that its first thread started, as loader workers are.
        """
        busy_steal = cpu_ticks(_text(_STAT), self._cpus)
        busy, steal = (None, None) if busy_steal is None else (ticks * self._tick_ns for ticks in busy_steal)
        throttled = throttled_ns(_text(self._throttle_file)) if self._throttle_file else None
        return LoadReading(busy, steal, throttled, self._processes(roots) if busy is not None else {})

    def _processes(self, roots: Iterable[int]) -> dict[int, ProcessTime]:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        reaped = int((children.ru_utime + children.ru_stime) * NS)
        found = {os.getpid(): ProcessTime(time.process_time_ns(), reaped)}
        pending = list(roots)
        while pending:
            pid = pending.pop()
            try:
                used = time.clock_gettime_ns(_cpu_clock(pid))
            except OSError:
                continue  # it has ended
            found[pid] = ProcessTime(used, reaped_ticks(_text(f"/proc/{pid}/stat")) * self._tick_ns)
            pending += [int(word) for word in _text(f"/proc/{pid}/task/{pid}/children").split()]
        return found

    def _missing(self) -> Iterable[tuple[str, str]]:
        if cpu_ticks(_text(_STAT), self._cpus) is None:
            reason = f"{_STAT} does not list the CPUs of this process"
            yield from (("cpu time of others", reason), ("stolen cpu time", reason))
        elif not KERNEL_LISTS_CHILDREN:
            yield "children's cpu time", "the kernel does not list child processes: loader workers count as others"
        if self._throttle_file is None:
            yield "cpu throttling", "the control group of this process has no cpu.stat with throttled time"


def disturbance(before: LoadReading, after: LoadReading) -> Disturbance:
    """What went on between `before` and `after`, less what the recording's own processes used."""
    busy = _difference(before.busy_ns, after.busy_ns)
    own = own_cpu_ns(before.processes, after.processes)
    return Disturbance(
        None if busy is None else max(busy - own, 0),
        _difference(before.steal_ns, after.steal_ns),
        _difference(before.throttled_ns, after.throttled_ns),
    )


def own_cpu_ns(before: Mapping[int, ProcessTime], after: Mapping[int, ProcessTime]) -> int:
    """CPU time that the recording's processes used between two readings.

    A process that ended meanwhile is in its parent's account of ended children, with all that it used since its start.
    """
    staying = before.keys() & after.keys()
    used = sum(after[pid].own_ns - before[pid].own_ns for pid in staying)
    new = sum(after[pid].own_ns + after[pid].reaped_ns for pid in after.keys() - staying)
    ended = sum(before[pid].own_ns + before[pid].reaped_ns for pid in before.keys() - staying)
    reaped = sum(after[pid].reaped_ns - before[pid].reaped_ns for pid in staying)
    return used + new + max(reaped - ended, 0)


def cpu_ticks(stat: str, cpus: Iterable[int]) -> tuple[int, int] | None:
    """Ticks that processes and the hypervisor's others used of `cpus`, of /proc/stat; None where it lists none of them.

    `user` holds the time of guests as well. Interrupts belong to no process and are left out.
    """
    names = {f"cpu{number}" for number in cpus}
    busy = stolen = listed = 0
    for line in stat.splitlines():
        name, *fields = line.split()
        if not name.startswith("cpu"):
            break
        if name in names and len(fields) >= 8:
            user, nice, system, _idle, _iowait, _irq, _softirq, steal = (int(field) for field in fields[:8])
            busy += user + nice + system
            stolen += steal
            listed += 1
    return (busy, stolen) if listed else None


def reaped_ticks(stat: str) -> int:
    """Ticks of ended and waited-for children, of /proc/PID/stat; 0 for a process that is gone."""
    fields = stat.rpartition(")")[2].split()  # the name before it may hold anything
    return int(fields[13]) + int(fields[14]) if len(fields) > 14 else 0


def throttled_ns(cpu_stat: str) -> int | None:
    """Time in which a quota stopped the group, of its cpu.stat (version 2: microseconds, 1: nanoseconds)."""
    values = dict(line.split(maxsplit=1) for line in cpu_stat.splitlines() if len(line.split()) == 2)
    if "throttled_usec" in values:
        return int(values["throttled_usec"]) * 1000
    return int(values["throttled_time"]) if "throttled_time" in values else None


def usable_cpus() -> frozenset[int]:
    """The numbers of the CPUs on which this process may run."""
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


def _cpu_clock(pid: int) -> int:
    """The clock of a process's CPU time, as clock_getcpuclockid(3) makes it on Linux."""
    return (~pid << 3) | 2


def _throttle_files() -> list[Path]:
    return cgroup_files("cpu", v2="cpu.stat", v1="cpu.stat")


def _difference(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else max(after - before, 0)


def _text(path: str | Path) -> str:
    """The file's text; empty where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - half the time of Path.read_text
            return file.read()
    except OSError:
        return ""
