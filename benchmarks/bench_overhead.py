"""What profiling costs a step: dlprof with everything on, TraceML and torch.profiler, each against the bare loop.

The same torch model and input pipeline. Every start of a profiler has a bare loop beside it, each in a process of its
own, and the two run by turns of 0.4 s, the kinds in changing order. TraceML is installed into a folder of its own, for
this benchmark alone; where that fails its line says so.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from alternating import alternate, suspend
from bench_plain_loop import STEPS, medians, plain_median, start_plain
from paired import ratio_of

from dlprof.workloads.data import prepare

STARTS = 6
TRACEML = ("traceml-ai==0.5.0", "msgspec", "pyyaml")


def traced_medians(folder: Path, task: str, how: str) -> tuple[float, float]:
    """The median steps of one start of the plain loop under another profiler, and of one without, ms."""
    data, packages, out = folder / task, folder / "packages", folder / "median"
    script = str(Path(__file__).with_name("traced_torch.py"))
    words = [task, str(data), str(STEPS[task]), how, str(out)]
    command = [sys.executable, script, *words]
    environment = dict(os.environ)
    if how == "traceml":
        environment["PYTHONPATH"] = os.pathsep.join((str(packages), environment.get("PYTHONPATH", "")))
        launcher = [sys.executable, "-m", "traceml_ai.launcher.cli", "run", script]
        command = [*launcher, "--logs-dir", str(packages / "logs"), "--args", *words]
    plain = start_plain(data, task, "torch")
    traced = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    suspend(traced)
    alternate(traced, plain)
    return float(out.read_text()), plain_median(plain)


def install_traceml(folder: Path) -> str | None:
    """Install TraceML into `folder`; why not, if it fails."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), *TRACEML]
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else f"cannot be installed: {done.stderr.strip().splitlines()[-1]}"


def main() -> None:
    print("profiler / bare loop by turns, torch, step median: geometric mean over starts [95 %], and what it adds")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        missing = install_traceml(folder / "packages")
        for task in STEPS:
            (folder / task).mkdir()
            prepare(task, folder / task, 10, seed=0)
            kinds = {
                "dlprof": lambda t=task: medians(folder, t, "torch"),
                "torch.profiler": lambda t=task: traced_medians(folder, t, "profiler"),
            }
            if missing is None:
                kinds["TraceML"] = lambda t=task: traced_medians(folder, t, "traceml")
            found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
            for start in range(STARTS):
                for kind in sorted(kinds, reverse=start % 2 == 1):
                    found[kind].append(kinds[kind]())
            for kind, pairs in found.items():
                with_it, bare = zip(*pairs, strict=True)
                added = 1000 * (median(with_it) - median(bare))
                print(f"{task:10} {kind:15} {ratio_of(with_it, bare)}  adds about {added:.0f} us", flush=True)
        if missing:
            print(f"TraceML {missing}")


if __name__ == "__main__":
    main()
