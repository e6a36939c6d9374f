"""Phases against known durations: every lane and mode that stamps its steps, with parts that spin a known time.

Two trainings a lane, whose steps take equally long but spin in other phases; known is by how much the spins of a phase
really differ between them, measured by how much the phase does. Equally long, since the framework's own work is slower
after a longer pause, by up to half a millisecond in Python-bound lanes: threads sleep and caches are cold by then. One
thread, as the scheduler's share is not the clock's. Also: how often the phases come to more than their step, and
probes against stamps on the same function, which XLA did not compile.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from dlprof.workloads import data

LANES = {
    "torch": ("torch", "default", ""),
    "torch:compiled": ("torch", "compiled", ""),
    "tensorflow": ("tensorflow", "default", "tensorflow"),
    "tensorflow:eager": ("tensorflow", "eager", "tensorflow"),
    "keras": ("keras", "default", "tensorflow"),
    "keras:eager": ("keras", "eager", "tensorflow"),
    "keras@torch": ("keras_torch", "default", "torch"),
}
PHASES = ("data", "forward", "backward", "optimizer")
UNITS = 1
FIRST, SECOND = (8.0, 3.0, 2.0, 5.0), (2.0, 5.0, 8.0, 3.0)
"""ms: data, forward, backward, optimizer; the sums are equal."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
STEPS = 150
WARM_UP = 20
ALLOWED_US, ALLOWED_SHARE = 50, 0.02


def run(lane: str, folder: Path, spins: tuple[float, ...]) -> dict[str, Any]:
    """One recording of a lane in a process of its own."""
    module, mode, backend = LANES[lane]
    script = str(Path(__file__).with_name("truth_lane.py"))
    environment = {**os.environ, "KERAS_BACKEND": backend or "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"} | ONE_THREAD
    command = [sys.executable, script, module, mode, str(folder), str(STEPS), *map(str, spins)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def medians(said: dict[str, Any], phase: str) -> tuple[float, float]:
    """Median true and measured duration of a phase, ns."""
    measured = np.array([step[1 + PHASES.index(phase)] for step in said["steps"][WARM_UP:]], float)
    truth = np.array([truth[phase] for truth in said["truth"][WARM_UP:]], float)
    return float(np.median(truth)), float(np.nanmedian(measured))


def main() -> None:
    print("lane             phase      clock      known ms  measured ms  error us  error %  within")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        setattr(data, "UNITS", UNITS)  # noqa: B010
        data.prepare("mnist-mlp", folder, 2, seed=0)
        for lane in LANES:
            first, known = run(lane, folder, FIRST), run(lane, folder, SECOND)
            for phase in PHASES:
                (true_first, first_ns), (true_second, second_ns) = (medians(said, phase) for said in (first, known))
                truth = true_second - true_first
                error = second_ns - first_ns - truth
                within = abs(error) <= max(ALLOWED_US * 1e3, ALLOWED_SHARE * abs(truth))
                print(
                    f"{lane:16} {phase:10} {known['clocks'][phase]:9} {truth / 1e6:9.3f} {(truth + error) / 1e6:12.3f} "
                    f"{error / 1e3:9.1f} {100 * error / truth:8.2f}  {'yes' if within else 'NO'}",
                    flush=True,
                )
            steps = np.array([step[:5] for step in known["steps"][WARM_UP:]], float)
            over = float(np.mean(np.nansum(steps[:, 1:], axis=1) > 1.005 * steps[:, 0]))
            print(f"{lane:16} phases more than 0.5 % longer than their step: {over:.1%} of the steps", flush=True)
    agreement()


def agreement() -> None:
    """Probes against stamps on the same function, which XLA did not compile."""
    with tempfile.TemporaryDirectory() as name:
        for task in ("mnist-mlp", "text-lstm"):
            folder = Path(name) / task
            folder.mkdir()
            fresh = "from pathlib import Path; from dlprof.workloads.data import prepare; import sys;"
            make = f"{fresh} prepare(sys.argv[1], Path(sys.argv[2]), 10, 0)"
            subprocess.run([sys.executable, "-c", make, task, str(folder)], check=True)
            script = str(Path(__file__).with_name("probe_agreement.py"))
            command = [sys.executable, script, task, str(folder)]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            for phase in ("forward", "backward"):
                probed, stamped = found[f"probe {phase}"], found[f"stamps {phase}"]
                ratio = f"probe {probed:.3f} ms, stamps {stamped:.3f} ms: {probed / stamped:.2f}"
                print(f"tensorflow {task:10} {phase:9} {ratio}", flush=True)


if __name__ == "__main__":
    main()
