"""The collectors that sample once a second while lanes train: host memory and GPUs."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from dlprof.profilers.collectors.gpu import GpuSampler
from dlprof.profilers.collectors.host import HostSampler
from dlprof.profilers.recorder.lane_process import LaneProcess
from dlprof.session.records import Event, Record

EVERY_SECONDS = 1.0

Running = Callable[[], Sequence[LaneProcess]]
"""The lanes that run at the moment."""
Result = TypeVar("Result")


async def collect_host(running: Running, add: Callable[[Record], None], now_ns: Callable[[], int]) -> None:
    """Sample the lanes' host memory, for ever."""
    sampler = HostSampler()
    while True:
        runs = {lane.run.id: lane.pid for lane in running()}
        for sample in await asyncio.to_thread(sampler.sample, runs, now_ns):
            add(sample)
        await asyncio.sleep(EVERY_SECONDS)


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
                runs = {lane.run.id: lane.process_tree() for lane in running()}
                async with asyncio.timeout(answer_s):
                    samples = await _aside(sampler.sample, runs, now_ns)
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
