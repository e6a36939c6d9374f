"""What a recording says of its own cost after 60 s of stepping a lane, three lanes in turns, from `dlprof report`.

Beside each cost whether it is within its budgets, of time and of a share of the step; not told where the interval holds
the budget.
And what it would say of nothing: which steps were dark is dealt out anew, whatever they were, and weighed again. The
mean of that should be 0, and its standard deviation the one that the interval stands for.
"""

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dlprof.profilers.agent.blocks import Blocks
from dlprof.session.file import SessionReader
from dlprof.session.history import STEP_COLUMNS, Steps
from dlprof.session.overhead import StampCost, settled, stamp_cost
from dlprof.session.records import COLD, DARK

SECONDS, DEALS = 60, 200
TASKS = ("mnist-mlp", "text-lstm")
MOST_US, MOST_SHARE, LONG_MS, MOST_OF_LONG = 20, 0.02, 10, 0.01
"""Budgets: of each step, of a share of short steps, and of those of 10 ms and more."""


def weighed(figures: dict[str, Any] | None) -> str:
    """A cost as the report has it: ratio and interval."""
    if not figures or figures["ratio"] is None:
        return "not available"
    low, high = figures["ci95"]
    return f"{figures['ratio']:.4f} [{low:.4f}, {high:.4f}]"


def within(figures: dict[str, Any], step_ms: float) -> str:
    """Whether a cost is within its budgets."""
    low, high = (end - 1 for end in figures["ci95"])
    share = MOST_SHARE if step_ms < LONG_MS else MOST_OF_LONG
    budgets = {f"{MOST_US} us": MOST_US * figures["ratio"] / (1000 * step_ms), f"{share:.0%}": share}
    told = {name: "yes" if high <= most else "NO" if low > most else "not told" for name, most in budgets.items()}
    return ", ".join(f"{name}: {said}" for name, said in told.items())


def dealt_anew(steps: Steps, seed: int) -> Steps:
    """As if other steps had been dark; without those after a true change, which are slow where a new deal has none."""
    apart = settled(steps.column("flags").astype(int) & (DARK | COLD))
    values = np.column_stack([steps.column(name)[apart] for name in STEP_COLUMNS])
    flags = values[:, STEP_COLUMNS.index("flags")].astype(int)
    counted = (flags == 0) | (flags == DARK)
    blocks, dealt = Blocks(seed), list[int]()
    while len(dealt) < counted.sum():
        dealt += blocks.flags()
    values[counted, STEP_COLUMNS.index("flags")] = dealt[: counted.sum()]
    return Steps(values)


def costs_of_nothing(steps: Steps) -> Iterator[tuple[float, float]]:
    """For each deal what was found, and half the width of its interval: both on the logarithm."""
    for seed in range(DEALS):
        found = stamp_cost(dealt_anew(steps, seed))
        if isinstance(found, StampCost):
            yield math.log(found.cost.ratio), math.log(found.cost.high / found.cost.low) / 2


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "cost.dlprof"
        command = [sys.executable, "-m", "dlprof"]
        record = ["--record", str(path), "--tasks", ",".join(TASKS), "--duration", f"{SECONDS}s"]
        subprocess.run([*command, *record], check=True, capture_output=True)
        done = subprocess.run([*command, "report", str(path), "--format", "json"], check=True, capture_output=True)
        runs, recorded = json.loads(done.stdout)["runs"], SessionReader(path).history().runs
    print("own cost after 60 s of stepping: ratio [95 %], us a step, within its budgets; stack sampling: ratio [95 %]")
    for run in runs:
        cost, step_ms = run["overhead"], run["step"]["median_ms"]
        line = f"{run['task']:10} {run['lane']:10} step {step_ms:.3f} ms  {weighed(cost)}"
        added = "" if cost["ratio"] is None else f"  {cost['us_per_step']:.1f} us  {within(cost, step_ms)}"
        print(f"{line}{added}  stacks {weighed(cost['stacks'])}")
    print(f"of nothing, {DEALS} deals: mean, standard deviation and that of the intervals, beyond its interval")
    for one in recorded:
        found, half_widths = np.array([*costs_of_nothing(one.steps)]).T
        of_intervals, beyond = half_widths.mean() / 1.96, np.mean(abs(found) > half_widths)
        line = f"{one.run.task:10} {one.run.lane:10} {found.mean():+.2%}  {found.std():.2%}"
        print(f"{line}  {of_intervals:.2%}  {beyond:.1%}")


if __name__ == "__main__":
    main()
