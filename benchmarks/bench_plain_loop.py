"""The torch lane against the same model and input pipeline in a plain loop, and a data-bound lane in turns against
the same lane alone: interleaved pairs, each run in a process of its own. Prints a ratio for each pair."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from dlprof.workloads.data import prepare

STEPS = 1000
PAIRS = 3
STARTS = 5
"""Medians of single starts of the plain loop differ by up to 15 %, far more than what is looked for."""
DATA_BOUND = ("--workers", "1", "--data-mb", "20")


def lane_median(folder: Path, name: str, lanes: str, *options: str) -> float:
    """The torch lane's median step, ms, in a recording of `lanes`."""
    path = folder / f"{name}.dlprof"
    command = [sys.executable, "-m", "dlprof"]
    record = ["--record", str(path), "--tasks", "mnist-mlp", "--lanes", lanes, "--steps", str(STEPS), *options]
    subprocess.run([*command, *record], check=True, capture_output=True)
    done = subprocess.run([*command, "report", str(path), "--format", "json"], check=True, capture_output=True)
    path.unlink()
    return next(r["step"]["median_ms"] for r in json.loads(done.stdout)["runs"] if r["lane"] == "torch")


def plain_median(data: Path) -> float:
    """The plain loop's median step, ms."""
    script = Path(__file__).with_name("plain_torch.py")
    done = subprocess.run([sys.executable, str(script), str(data), str(STEPS)], check=True, capture_output=True)
    return float(done.stdout)


def show(what: str, first: Callable[[str], float], second: Callable[[str], float]) -> None:
    """Compare two measurements in PAIRS pairs, each side the median of STARTS starts, all interleaved."""
    pairs = []
    for pair in range(PAIRS):
        starts = [(first(f"{pair}-{i}-a"), second(f"{pair}-{i}-b")) for i in range(STARTS)]
        pairs.append((median(a for a, _ in starts), median(b for _, b in starts)))
    ratios = [a / b for a, b in pairs]
    each = ", ".join(f"{a:.3f}/{b:.3f}={a / b:.3f}" for a, b in pairs)
    print(f"{what}: median ratio {median(ratios):.3f}, {min(ratios):.3f}-{max(ratios):.3f} (ms: {each})", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data"
        data.mkdir()
        prepare("mnist-mlp", data, 10, seed=0)
        show("torch lane / plain loop", lambda n: lane_median(folder, n, "torch"), lambda n: plain_median(data))
        show(
            "torch with a loader worker (data-bound), in turns / alone",
            lambda n: lane_median(folder, n, "torch,tensorflow", *DATA_BOUND),
            lambda n: lane_median(folder, n, "torch", *DATA_BOUND),
        )


if __name__ == "__main__":
    main()
