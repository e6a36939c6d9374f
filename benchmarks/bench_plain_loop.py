"""A lane's loop against the same model and input pipeline in the framework's plain loop, in one process.

For every default lane and both tasks: starts of a process in which the two run by blocks of steps in turn, and the
ratio of their medians; every second block of the lane is dark, without stamps. The interval is over the starts. One
thread: those of two loops in one process would get into each other's way. The lane has no recorder here: what a whole
recording costs is in `bench_overhead.py`.
"""

import tempfile
from pathlib import Path

from asking import ONE_THREAD, said_by
from paired import against_neighbours, ratio_of

from dlprof.workloads.data import prepare

STARTS = 6
LANES = ("torch", "tensorflow", "keras")
TASKS = ("mnist-mlp", "text-lstm")
WARM_UP = 6
"""Blocks of each loop that are not weighed; nor are the last, as the loops do not end together."""


def blocks(lane: str, task: str, folder: Path) -> tuple[list[float], list[float]]:
    """The median step of each block of the plain loop and of the lane, ms, from one start of both."""
    plain, own = said_by("loop_beside_lane.py", lane, task, str(folder), environment=ONE_THREAD)
    return plain, own


def main() -> None:
    print("lane / plain loop by turns, step median: geometric mean over starts of both [95 %]")
    with tempfile.TemporaryDirectory() as name:
        for task in TASKS:
            folder = Path(name) / task
            folder.mkdir()
            prepare(task, folder, 10, seed=0)
            for lane in LANES:
                starts = [blocks(lane, task, folder) for _ in range(STARTS)]
                for kind, first in (("dark", WARM_UP), ("stamped", WARM_UP + 1)):
                    pairs = [
                        against_neighbours(own[first:-1:2], plain[first::2], plain[first + 1 :: 2])
                        for plain, own in starts
                    ]
                    print(f"{task:10} {lane:10} {kind:8} {ratio_of(*zip(*pairs, strict=True))}", flush=True)


if __name__ == "__main__":
    main()
