"""The torch lane against the same model and input pipeline in a plain loop, and a data-bound lane in turns against
the same lane alone: interleaved pairs, each run in a process of its own. Prints a ratio for each pair."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from dlprof.workloads.data import prepare

STEPS = 3000
PAIRS = 3


def lane_median(folder: Path, name: str, lanes: str, *options: str) -> float:
    """The torch lane's median step, ms, in a recording of `lanes`."""
    path = folder / f"{name}.dlprof"
    command = [sys.executable, "-m", "dlprof"]
    record = ["--record", str(path), "--tasks", "mnist-mlp", "--lanes", lanes, "--steps", str(STEPS), *options]
    subprocess.run([*command, *record], check=True, capture_output=True)
    done = subprocess.run([*command, "report", str(path), "--format", "json"], check=True, capture_output=True)
    return next(r["step"]["median_ms"] for r in json.loads(done.stdout)["runs"] if r["lane"] == "torch")


def plain_median(data: Path) -> float:
    """The plain loop's median step, ms."""
    script = Path(__file__).with_name("plain_torch.py")
    done = subprocess.run([sys.executable, str(script), str(data), str(STEPS)], check=True, capture_output=True)
    return float(done.stdout)


def show(what: str, pairs: list[tuple[float, float]]) -> None:
    ratios = [a / b for a, b in pairs]
    each = ", ".join(f"{a:.3f}/{b:.3f}={a / b:.3f}" for a, b in pairs)
    print(f"{what}: median ratio {median(ratios):.3f}, {min(ratios):.3f}-{max(ratios):.3f} (ms: {each})")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data"
        data.mkdir()
        prepare("mnist-mlp", data, 10, seed=0)
        pairs = [(lane_median(folder, f"lane{i}", "torch"), plain_median(data)) for i in range(PAIRS)]
        show("torch lane / plain loop", pairs)
        bound = ("--workers", "2", "--batch-size", "1024")
        pairs = [
            (
                lane_median(folder, f"turns{i}", "torch,tensorflow", *bound),
                lane_median(folder, f"alone{i}", "torch", *bound),
            )
            for i in range(PAIRS)
        ]
        show("torch with 2 loader workers, in turns / alone", pairs)


if __name__ == "__main__":
    main()
