import asyncio

import pytest

from dlprof.profilers.recorder.lane_process import LaneProcess
from dlprof.profilers.recorder.plan import LanePlan
from dlprof.profilers.recorder.watchdog import next_boundary
from dlprof.session.records import Run


@pytest.mark.parametrize("rounds", range(6))
async def test_an_interrupt_that_comes_with_a_boundary_is_not_lost(rounds: int) -> None:
    """However many rounds of the loop after it."""
    run = Run(1, "torch", "torch", None, "default", "mnist-mlp", 0, "cpu", 128)
    lane = LaneProcess(run, LanePlan("torch", "torch", "torch", "python", "cpu"), "x", [].append, lambda: 0)
    waiting = asyncio.create_task(next_boundary(lane, 60))
    for _ in range(3):
        await asyncio.sleep(0)
    lane.idle.put_nowait({"kind": "idle"})
    for _ in range(rounds):
        await asyncio.sleep(0)
    if waiting.cancel():
        with pytest.raises(asyncio.CancelledError):
            await waiting
    else:
        assert await waiting == {"kind": "idle"}
