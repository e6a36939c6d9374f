"""A lane against the same model and input pipeline in the framework's plain loop, each run in a process of its own.

For every default lane and both tasks: pairs of starts in changing order; ratio of the step medians, its interval.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from paired import paired_ratio

from dlprof.workloads.data import prepare

PAIRS = 4
STEPS = {"mnist-mlp": 1500, "text-lstm": 200}
PLAIN = {
    "torch": ["plain_torch.py"],
    "tensorflow": ["plain_tensorflow.py"],
    "keras": ["plain_tensorflow.py", "fit"],
}


def lane_median(folder: Path, task: str, lane: str) -> float:
    """The lane's median step in a recording of its own with everything on, ms."""
    path = folder / "lane.dlprof"
    command = [sys.executable, "-m", "dlprof"]
    record = ["--record", str(path), "--tasks", task, "--lanes", lane, "--steps", str(STEPS[task])]
    subprocess.run([*command, *record], check=True, capture_output=True)
    done = subprocess.run([*command, "report", str(path), "--format", "json"], check=True, capture_output=True)
    path.unlink()
    return json.loads(done.stdout)["runs"][0]["step"]["median_ms"]


def plain_median(data: Path, task: str, lane: str) -> float:
    """The plain loop's median step, ms."""
    script, *words = PLAIN[lane]
    command = [sys.executable, str(Path(__file__).with_name(script)), task, str(data), str(STEPS[task]), *words]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)


def main() -> None:
    print("lane / plain loop, step median: geometric mean of paired starts [95 %]")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for task in STEPS:
            data = folder / task
            data.mkdir()
            prepare(task, data, 10, seed=0)
            for lane in PLAIN:
                ratio = paired_ratio(
                    lambda _, t=task, n=lane: lane_median(folder, t, n),
                    lambda _, t=task, n=lane, d=data: plain_median(d, t, n),
                    PAIRS,
                )
                print(f"{task:10} {lane:10} {ratio}", flush=True)


if __name__ == "__main__":
    main()
