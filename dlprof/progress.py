"""How far the runs of a recording are, in one line now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from dlprof.profilers.recorder.lane_process import Progress
from dlprof.profilers.recorder.plan import Plan

EVERY_SECONDS = 10.0
EVERY_SHARE = 0.05
"""No line before the runs have come so much further, so that a long recording has few."""


async def announce_progress(
    runs: Callable[[], Sequence[Progress]], plan: Plan, announce: Callable[[str], None], every_s: float = EVERY_SECONDS
) -> None:
    """Say how far `runs` are, for ever, at most every `every_s`."""
    said = 0.0
    while True:
        await asyncio.sleep(every_s)
        now = runs()
        share = share_done(now, plan)
        if share and not said <= share < said + EVERY_SHARE:
            announce(progress_line(now, plan))
            said = share


def progress_line(runs: Sequence[Progress], plan: Plan) -> str:
    """How far each of `runs`, those of one task, is of the plan's length, and whose turns are mostly disturbed."""
    how_far = ", ".join(f"{run.lane} {plan.how_far(run.steps, run.stepping_ns)}" for run in runs)
    disturbed = [run.lane for run in runs if run.is_mostly_disturbed]
    warning = f"; most turns are disturbed from outside: {', '.join(disturbed)}" if disturbed else ""
    return f"{runs[0].task}: {how_far}{warning}"


def share_done(runs: Sequence[Progress], plan: Plan) -> float:
    """How much of the plan's length `runs` have done on average, 0-1; 0 without runs or a length."""
    shares = [_share(run, plan) for run in runs]
    return sum(shares) / len(shares) if shares else 0.0


def _share(run: Progress, plan: Plan) -> float:
    if plan.steps is not None:
        return run.steps / plan.steps
    return run.stepping_ns / 1e9 / plan.duration_s if plan.duration_s is not None else 0.0
