"""Every task in every default lane: parameters, and how far the first 20 losses are from those of torch.

Each lane trains in a process of its own, without a recorder and with dropout off, on the same data and initial weights.
LSTM and GRU of Keras on torch are 64 steps in Python, but are trained all the same.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "workloads"))
from lanes_alone import LANES, Run, losses, train_alone

from dlprof.workloads.data import prepare
from dlprof.workloads.tasks import TASKS

LOSSES = 20
STEPS = 32
"""Some are dark: their loss is not read."""


def main() -> None:
    lanes = [lane for lane in LANES if ":" not in lane]
    tasks = [name for name, task in TASKS.items() if not task.large]
    with tempfile.TemporaryDirectory() as name:
        runs = [Run(task, Path(name, task), STEPS) for task in tasks]
        for run in runs:
            run.folder.mkdir()
            prepare(run.task, run.folder, 2, seed=0)
        said = {lane: train_alone(lane, runs) for lane in lanes}
    print(f"largest relative difference of the first {LOSSES} losses from those of torch, dropout off")
    print(f"{'task':17} {'parameters':>10}" + "".join(f" {lane:>12}" for lane in lanes[1:]))
    for index, task in enumerate(tasks):
        parameters = {said[lane][index]["parameters"] for lane in lanes}
        expected = losses(said["torch"][index])
        found = [difference(expected, losses(said[lane][index])) for lane in lanes[1:]]
        counts = " ".join(f"{count:,}" for count in sorted(parameters))
        print(f"{task:17} {counts:>10}" + "".join(f" {value:12.1e}" for value in found), flush=True)


def difference(expected: dict[int, float], found: dict[int, float]) -> float:
    common = sorted(expected.keys() & found.keys())[:LOSSES]
    assert len(common) == LOSSES
    return max(abs(found[number] / expected[number] - 1) for number in common)


if __name__ == "__main__":
    main()
