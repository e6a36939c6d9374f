"""Lanes in turns against the same lanes alone, and in parallel: does the schedule change what is measured?

In turns against alone: both in one recording, round by round (alone: three turns in a row while the other lane stays
stopped, of which the first, after a wait, is left out), so that starts of processes and drift cancel. In parallel
against alone: recordings of their own, in pairs. Compute-bound: no loader workers. Data-bound: one torch worker
process; in tf.data one parallel call and a prefetched buffer.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
from paired import paired_ratio, ratio_of

from dlprof.profilers.recorder.plan import LanePlan, Plan, TaskPlan
from dlprof.profilers.recorder.recorder import Recorder
from dlprof.profilers.recorder.schedule import SCHEDULES, LaneLife
from dlprof.recording import WORKLOADS
from dlprof.session.estimators import interquartile_mean
from dlprof.session.file import SessionReader
from dlprof.session.history import RunHistory
from dlprof.session.statistics import spread
from dlprof.session.writer import SessionWriter

ROUNDS, PAIRS, SECONDS = 36, 3, 2.0
LANES = tuple(LanePlan(n, n, f"dlprof.workloads.{n}", sys.executable, "cpu") for n in ("torch", "tensorflow"))
WORKERS = {"compute-bound": 0, "data-bound": 1}


class Alternating:
    """A schedule that lets each lane step alone for a while, and in turns for a while."""

    def __init__(self) -> None:
        self.rounds: list[dict[str, list[int]]] = []
        """For each round the numbers of the turns of each kind."""

    async def __call__(self, plans: Sequence[LanePlan], life: LaneLife, order: Random) -> None:
        lanes = []
        for plan in plans:
            lane = await life.start(plan)
            assert lane is not None
            assert await life.warm_up(lane)
            life.pause(lane)
            lanes.append(lane)
        turn = 0
        for _ in range(ROUNDS):
            self.rounds.append({"alone": [], "turns": []})
            for lane in order.sample(lanes, len(lanes)):
                for row in range(3):
                    await life.take_turn(lane, turn)
                    self.rounds[-1]["alone"] += [turn] if row else []
                    turn += 1
                life.pause(lane)
            for _ in range(2):
                for lane in order.sample(lanes, len(lanes)):
                    await life.take_turn(lane, turn)
                    self.rounds[-1]["turns"].append(turn)
                    life.pause(lane)
                    turn += 1


def record(path: Path, lanes: tuple[LanePlan, ...], workers: int, schedule: str) -> tuple[RunHistory, ...]:
    """The runs of one recording of `mnist-mlp`."""
    plan = Plan(
        str(path), "turns", lanes, (TaskPlan("mnist-mlp", 128),), duration_s=SECONDS, workers=workers, data_mb=20,
        schedule=schedule, overhead_check=False,
    )  # fmt: skip
    if schedule == "alternating":
        plan = Plan(**{**vars(plan), "duration_s": None})
    writer = SessionWriter(path, {"name": "turns", "started_at": "", "machine": {}, "complete": False})
    asyncio.run(Recorder(plan, writer, WORKLOADS).record())
    runs = SessionReader(path).history().runs
    path.unlink()
    return runs


def medians(run: RunHistory, rounds: list[dict[str, list[int]]], kind: str) -> list[float]:
    """The lane's median step of each round, in the turns of a kind, ms."""
    counted = run.steps.counted
    turns, totals = counted.column("turn"), counted.column("total_ns")
    return [float(np.median(totals[np.isin(turns, numbers[kind])])) / 1e6 for numbers in rounds]


def step_ms(run: RunHistory) -> float:
    """The median step, ms."""
    return (spread(run.steps.counted.column("total_ns")).median_ns or float("nan")) / 1e6


def middle_half(turns: list[float], alone: list[float]) -> str:
    """The mean of the middle half of the rounds' ratios, as a verdict takes that of turns: few rounds see a jump."""
    centre = interquartile_mean(np.log(turns) - np.log(alone))
    low, middle, high = (np.exp(centre.mean + sign * 1.96 * centre.standard_error) for sign in (-1, 0, 1))
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    print("step median, ratio [95 %]: in turns of the middle half of the rounds, and geometric means over all or pairs")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "turns.dlprof"
        for case, workers in WORKERS.items():
            schedule = Alternating()
            SCHEDULES["alternating"] = schedule
            for run in record(path, LANES, workers, "alternating"):
                turns, alone = (medians(run, schedule.rounds, kind) for kind in ("turns", "alone"))
                of_all, of_middle = ratio_of(turns, alone), middle_half(turns, alone)
                print(f"{case:14} {run.run.lane:10} turns / alone     {of_middle}  of all {of_all}", flush=True)
            for index, lane in enumerate(LANES):
                ratio = paired_ratio(
                    lambda _, i=index, w=workers: step_ms(record(path, LANES, w, "parallel")[i]),
                    lambda _, one=lane, w=workers: step_ms(record(path, (one,), w, "sequential")[0]),
                    PAIRS,
                )
                print(f"{case:14} {lane.name:10} parallel / alone  {ratio}", flush=True)


if __name__ == "__main__":
    main()
