"""The collectors that sample while lanes train: host memory and GPUs."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from dlprof.profilers.collectors.gpu import GpuSampler, GpuSamples
from dlprof.profilers.collectors.host import host_memory
from dlprof.profilers.collectors.process_tree import process_tree
from dlprof.profilers.recorder.lane_process import LaneProcess
from dlprof.session.records import Event, HostMemory, Record

EVERY_SECONDS = 1.0
MEMORY_SHARE, RAREST_SECONDS = 0.01, 10.0
"""Of a core's time, for host memory: the more the lanes hold, the longer a reading takes, and the rarer it is."""

Running = Callable[[], Sequence[LaneProcess]]
"""The lanes that run at the moment."""
Result = TypeVar("Result")


async def collect_host(running: Running, add: Callable[[Record], None], now_ns: Callable[[], int]) -> None:
    """Sample the lanes' host memory, for ever."""
    while True:
        runs = {lane.run.id: lane.pid for lane in running()}
        samples, took_s = await asyncio.to_thread(_timed_host_memory, runs, now_ns)
        for sample in samples:
            add(sample)
        await asyncio.sleep(seconds_to_next(took_s))


def seconds_to_next(took_s: float) -> float:
    """How long to wait with the next reading of host memory after one that took `took_s` of CPU time."""
    return min(max(EVERY_SECONDS, took_s / MEMORY_SHARE), RAREST_SECONDS)


def _timed_host_memory(runs: Mapping[int, int], now_ns: Callable[[], int]) -> tuple[list[HostMemory], float]:
    """The samples, and the seconds of CPU time that they took."""
    began_s = time.thread_time()
    return host_memory(runs, now_ns), time.thread_time() - began_s


async def collect_gpus(
    running: Running, add: Callable[[Record], None], now_ns: Callable[[], int], answer_s: float
) -> None:
    """Sample the GPUs. Why there is nothing is an event; a driver silent for `answer_s` is asked no more."""

    def unavailable(reason: str) -> None:
        add(Event(now_ns(), None, "unavailable", {"what": "gpu memory", "reason": reason}))

    try:
        async with asyncio.timeout(answer_s):
            sampler = await _aside(GpuSampler)
        reason = sampler.reason
        if reason is not None:
            return unavailable(reason)
        try:
            while True:
                pids = {lane.run.id: lane.pid for lane in running()}
                async with asyncio.timeout(answer_s):
                    samples = await _aside(_gpu_samples, sampler, pids, now_ns)
                for sample in (*samples.devices, *samples.processes, *samples.loads):
                    add(sample)
                if sampler.reason is not None and sampler.reason != reason:
                    unavailable(sampler.reason)
                reason = sampler.reason
                await asyncio.sleep(EVERY_SECONDS)
        except asyncio.CancelledError:
            sampler.close()
            raise
    except TimeoutError:
        unavailable(f"the NVIDIA driver did not answer within {answer_s:g} s")


def _gpu_samples(sampler: GpuSampler, pids: Mapping[int, int], now_ns: Callable[[], int]) -> GpuSamples:
    """One round of samples (`pids`: run id -> pid of its first process)."""
    return sampler.sample({run: process_tree(pid) for run, pid in pids.items()}, now_ns)


async def _aside(work: Callable[..., Result], *arguments: Any) -> Result:
    """What `work` returns, in a thread that nobody waits for at the end: a call into a driver may never return."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Result] = loop.create_future()

    def tell(result: Result) -> None:
        if not answer.done():
            answer.set_result(result)

    def run() -> None:
        result = work(*arguments)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, result)

    threading.Thread(target=run, daemon=True).start()
    return await answer
