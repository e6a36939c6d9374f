"""Who may step when: the schedules of one task's lanes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from dlprof.profilers.recorder.lane_process import LaneProcess
from dlprof.profilers.recorder.plan import LanePlan


@dataclass(frozen=True)
class LaneLife:
    """What a schedule may have done to a lane. Each tells whether the lane can go on; how it ended is then recorded."""

    start: Callable[[LanePlan], Awaitable[LaneProcess | None]]
    """Start its process; None where there is none."""
    warm_up: Callable[[LaneProcess], Awaitable[bool]]
    """Wait until it has compiled and warmed up; it then stands at a step boundary with its device idle."""
    take_turn: Callable[[LaneProcess, int], Awaitable[bool]]
    """Let it step for one turn, the number given, from one boundary to another; its last ends with the evaluation."""
    deploy: Callable[[LaneProcess], Awaitable[None]]
    """Save and try its model, where that is asked for and it has one; no other lane may step meanwhile."""
    pause: Callable[[LaneProcess], None]
    """Stop its processes until its next turn."""
    is_over: Callable[[], bool]
    """Whether the task is to end early: then no further lane is started."""


Schedule = Callable[[Sequence[LanePlan], LaneLife, random.Random], Awaitable[None]]


async def in_turns(plans: Sequence[LanePlan], life: LaneLife, order: random.Random) -> None:
    """One lane steps, the others are stopped; begins when all have warmed up. Each round has an order of its own."""

    async def get_ready(lane: LaneProcess) -> bool:
        ready = await life.warm_up(lane)
        if ready:
            life.pause(lane)
        return ready

    active = await _all_ready(plans, life, get_ready)
    turn = 0
    while active:
        order.shuffle(active)
        for lane in tuple(active):
            if not await life.take_turn(lane, turn):
                active.remove(lane)
                await life.deploy(lane)
            elif len(active) > 1:
                life.pause(lane)
        turn += 1


async def in_parallel(plans: Sequence[LanePlan], life: LaneLife, order: random.Random) -> None:
    """All lanes step at once, from when all have warmed up; nobody is stopped."""
    active = await _all_ready(plans, life, life.warm_up)
    async with asyncio.TaskGroup() as group:
        for lane in active:
            group.create_task(_step_to_the_end(lane, life))
    for lane in active:  # when none steps any more
        await life.deploy(lane)


async def in_sequence(plans: Sequence[LanePlan], life: LaneLife, order: random.Random) -> None:
    """One lane after the other; the next is started when the one before has ended."""
    for plan in plans:
        if life.is_over():
            return
        lane = await life.start(plan)
        if lane is not None and await life.warm_up(lane):
            await _step_to_the_end(lane, life)
            await life.deploy(lane)


SCHEDULES: dict[str, Schedule] = {"turns": in_turns, "parallel": in_parallel, "sequential": in_sequence}


async def _all_ready(
    plans: Sequence[LanePlan], life: LaneLife, get_ready: Callable[[LaneProcess], Awaitable[bool]]
) -> list[LaneProcess]:
    started = [lane for plan in plans if (lane := await life.start(plan)) is not None]
    ready = await asyncio.gather(*(get_ready(lane) for lane in started))
    return [lane for lane, is_ready in zip(started, ready, strict=True) if is_ready]


async def _step_to_the_end(lane: LaneProcess, life: LaneLife) -> None:
    turn = 0
    while await life.take_turn(lane, turn):
        turn += 1
