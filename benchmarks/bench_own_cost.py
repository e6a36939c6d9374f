"""What a recording says of its own cost after 60 s of stepping a lane, three lanes in turns, from `dlprof report`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 60
TASKS = ("mnist-mlp", "text-lstm")


def main() -> None:
    print("own cost after 60 s of stepping: ratio [95 %], us a step; stack sampling: ratio [95 %]")
    with tempfile.TemporaryDirectory() as name:
        path = str(Path(name) / "cost.dlprof")
        command = [sys.executable, "-m", "dlprof"]
        record = ["--record", path, "--tasks", ",".join(TASKS), "--duration", f"{SECONDS}s"]
        subprocess.run([*command, *record], check=True, capture_output=True)
        done = subprocess.run([*command, "report", path, "--format", "json"], check=True, capture_output=True)
        for run in json.loads(done.stdout)["runs"]:
            cost, step = run["overhead"], run["step"]["median_ms"]
            if cost is None:
                print(f"{run['task']:10} {run['lane']:10} not available: {run['overhead_reason']}")
                continue
            (low, high), stacks = cost["ci95"], cost["stacks"]
            line = f"{run['task']:10} {run['lane']:10} step {step:.3f} ms  {cost['ratio']:.4f} [{low:.4f}, {high:.4f}]"
            of_stacks = f"{stacks['ratio']:.4f} {stacks['ci95']}" if stacks and stacks["ratio"] else "not available"
            print(f"{line}  {cost['us_per_step']:.1f} us  stacks {of_stacks}")


if __name__ == "__main__":
    main()
