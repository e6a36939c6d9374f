"""How long the recorder waits for others, and what it says of a lane that it gives up."""

from __future__ import annotations

from asyncio import timeout
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dlprof.profilers.agent.lane import TURN_STEPS
from dlprof.profilers.recorder.lane_process import LaneProcess

_MOST_STEPS = 4 * TURN_STEPS
"""A turn is over after TURN_STEPS and 250 ms; a lane that does so many long after that reports no more."""


@dataclass(frozen=True)
class Patience:
    """Seconds that a lane may take to its first boundary, between steps, and to evaluate; and a driver to answer.

    `format_s`: to save a model in one format, and for a fresh process to try it.
    """

    start_s: float = 900.0
    stall_s: float = 120.0
    finish_s: float = 300.0
    format_s: float = 120.0
    answer_s: float = 30.0


PATIENCE = Patience()


async def next_boundary(lane: LaneProcess, seconds: float) -> Mapping[str, Any] | None:
    """What the lane says at its next step boundary; None when it has ended, or is given up (`lane.raised` says why).

    It is given up where it does no step for `seconds`, or goes on stepping without a boundary.
    """
    first = lane.steps_seen
    while True:
        seen = lane.steps_seen
        try:
            async with timeout(seconds):  # not wait_for: of Python 3.11's an interrupt may be lost in it
                return await lane.idle.get() or None
        except TimeoutError:
            if lane.steps_seen == seen:
                lane.raised = f"no step for {seconds:g} s: killed"
                return None
            if seen > first and lane.steps_seen - seen > _MOST_STEPS:
                lane.raised = f"no end of its turn in {lane.steps_seen - first} steps: killed"
                return None
