"""Phases against known durations: every lane and mode that stamps its steps, with parts that spin a known time.

Two recordings a lane: spins of no length (the baseline: what the phase takes without them) and of a known length. The
error is the median of measured less truth, less the same of the baseline. Also: how far the phases and `other` add up
to the step, and a probe against the stamps of the same function without XLA.
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
SPINS = (2.0, 5.0, 8.0, 3.0)
"""ms: data, forward, backward, optimizer."""
STEPS = 150
WARM_UP = 20
ALLOWED_US, ALLOWED_SHARE = 50, 0.02


def run(lane: str, folder: Path, spins: tuple[float, ...]) -> dict[str, Any]:
    """One recording of a lane in a process of its own."""
    module, mode, backend = LANES[lane]
    script = str(Path(__file__).with_name("truth_lane.py"))
    environment = {**os.environ, "KERAS_BACKEND": backend or "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, script, module, mode, str(folder), str(STEPS), *map(str, spins)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def excess(said: dict[str, Any], phase: str) -> float:
    """Median of measured less true duration of a phase, ns."""
    measured = np.array([step[1 + PHASES.index(phase)] for step in said["steps"][WARM_UP:]], float)
    truth = np.array([truth[phase] for truth in said["truth"][WARM_UP:]], float)
    return float(np.nanmedian(measured - truth))


def main() -> None:
    print("lane             phase      clock      known ms  measured ms  error us  error %  within")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        setattr(data, "UNITS", UNITS)  # noqa: B010
        data.prepare("mnist-mlp", folder, 2, seed=0)
        for lane in LANES:
            still, known = run(lane, folder, (0, 0, 0, 0)), run(lane, folder, SPINS)
            for phase in PHASES:
                truth = float(np.median([truth[phase] for truth in known["truth"][WARM_UP:]]))
                error = excess(known, phase) - excess(still, phase)
                within = abs(error) <= max(ALLOWED_US * 1e3, ALLOWED_SHARE * truth)
                print(
                    f"{lane:16} {phase:10} {known['clocks'][phase]:9} {truth / 1e6:9.3f} {(truth + error) / 1e6:12.3f} "
                    f"{error / 1e3:9.1f} {100 * error / truth:8.2f}  {'yes' if within else 'NO'}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
