"""What profiling costs a step: dlprof with everything on, TraceML and torch.profiler, each against the bare loop.

The same torch model and input pipeline, each start in a process of its own, all four kinds in turn. TraceML is
installed into a folder of its own, for this benchmark alone; where that fails its line says so.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench_plain_loop import STEPS, lane_median, plain_median
from paired import ratio_of

from dlprof.workloads.data import prepare

STARTS = 4
TRACEML = ("traceml-ai==0.5.0", "msgspec", "pyyaml")


def traced_median(data: Path, task: str, how: str, packages: Path) -> float:
    """The median step of the plain loop under another profiler, ms."""
    out, script = data / "median", Path(__file__).with_name("traced_torch.py")
    words = [task, str(data), str(STEPS[task]), how, str(out)]
    command = [sys.executable, str(script), *words]
    environment = dict(os.environ)
    if how == "traceml":
        environment["PYTHONPATH"] = os.pathsep.join((str(packages), environment.get("PYTHONPATH", "")))
        launcher = [sys.executable, "-m", "traceml_ai.launcher.cli", "run", str(script)]
        command = [*launcher, "--logs-dir", str(packages / "logs"), "--args", *words]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    value = float(out.read_text())
    out.unlink()
    return value


def install_traceml(folder: Path) -> str | None:
    """Install TraceML into `folder`; why not, if it fails."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), *TRACEML]
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else f"cannot be installed: {done.stderr.strip().splitlines()[-1]}"


def main() -> None:
    print("profiler / bare loop, torch, step median: geometric mean of paired starts [95 %], and what it adds")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        missing = install_traceml(folder / "packages")
        for task in STEPS:
            data = folder / task
            data.mkdir()
            prepare(task, data, 10, seed=0)
            kinds = {
                "bare": lambda t=task, d=data: plain_median(d, t, "torch"),
                "dlprof": lambda t=task: lane_median(folder, t, "torch"),
                "torch.profiler": lambda t=task, d=data: traced_median(d, t, "profiler", folder),
            }
            if missing is None:
                kinds["TraceML"] = lambda t=task, d=data: traced_median(d, t, "traceml", folder / "packages")
            found: dict[str, list[float]] = {kind: [] for kind in kinds}
            for start in range(STARTS):
                for kind in sorted(kinds, reverse=start % 2 == 1):
                    found[kind].append(kinds[kind]())
            bare = found.pop("bare")
            for kind, medians in found.items():
                added = 1000 * (median(medians) - median(bare))
                print(f"{task:10} {kind:15} {ratio_of(medians, bare)}  adds about {added:.0f} us", flush=True)
        if missing:
            print(f"TraceML {missing}")


if __name__ == "__main__":
    main()
