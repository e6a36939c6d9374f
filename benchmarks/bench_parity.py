"""Whether every framework trains the same: parameters, and the losses of the first 20 steps against torch's.

Every task but the large ones, in the default lanes, with dropout off; a process of its own for each. The other lanes
are held to the same in the tests.
"""

import sys
import tempfile
from pathlib import Path

sys.path.extend(str(Path(__file__).parents[1] / "tests" / folder) for folder in ("workloads", "profilers/agent"))
from lanes_alone import Run, losses, train_alone

from dlprof.workloads.data import prepare
from dlprof.workloads.tasks import TASKS

LANES = ("torch", "tensorflow", "keras")
STEPS = 20
DATA_MB = 1.0


def main() -> None:
    print(f"first {STEPS} losses without dropout: parameters, first, last, largest relative difference from torch's")
    with tempfile.TemporaryDirectory() as name:
        folders = {task: Path(name) / task for task in TASKS if not TASKS[task].large}
        for task, folder in folders.items():
            folder.mkdir()
            prepare(task, folder, DATA_MB, seed=0)
        runs = [Run(task, folder, STEPS) for task, folder in folders.items()]
        said = {lane: dict(zip(folders, train_alone(lane, runs, dark_every=0), strict=True)) for lane in LANES}
    for task in folders:
        expected = losses(said["torch"][task])
        for lane in LANES:
            found = losses(said[lane][task])
            difference = max(abs(found[step] / expected[step] - 1) for step in range(STEPS))
            parameters = said[lane][task]["parameters"]
            print(f"{task:16} {lane:10} {parameters:9,}  {found[0]:.6f} {found[STEPS - 1]:.6f}  {difference:.1e}")


if __name__ == "__main__":
    main()
