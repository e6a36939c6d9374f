"""What profiling costs a step: dlprof with everything on, TraceML and torch.profiler, each against the bare loop.

The same model and input pipeline; the others profile torch. Every start of a profiler has a bare loop beside it, each
in a process of its own, and the two run by turns of 0.4 s, the kinds in changing order; a slice of the one is set
beside those of the other before and after it. Of dlprof's recordings those steps count that are stamped. Clocks go on
while a recording is stopped, so that in a second of stepping its recorder and py-spy have up to twice as much to do as
elsewhere. TraceML is installed into a folder of its own, for this benchmark alone; where that fails its line says so.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import numpy as np
from alternating import Slice, alternate, await_line, resume, slice_medians, suspend
from paired import against_neighbours, ratio_of

from dlprof.session.file import SessionReader
from dlprof.workloads.data import prepare

STARTS = 6
STEPS = {"mnist-mlp": 4000, "text-lstm": 300}
PLAIN = {
    "torch": ["plain_torch.py"],
    "tensorflow": ["plain_tensorflow.py"],
    "keras": ["plain_tensorflow.py", "fit"],
}
TRACEML = ("traceml-ai==0.5.0", "msgspec", "pyyaml")


def recorded_medians(folder: Path, task: str, lane: str) -> tuple[float, float]:
    """The median stamped step of one start of a recorded lane, and that of its framework's plain loop, ms."""
    path = folder / "lane.dlprof"
    options = ["--tasks", task, "--lanes", lane, "--steps", str(STEPS[task])]
    command = [sys.executable, "-m", "dlprof", "--record", str(path), *options]
    recorded = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    await_line(_pipe(recorded.stderr), "warmed up")
    warmed_up_ns = time.perf_counter_ns()
    suspend(recorded)
    plain = start_plain(folder / task, task, lane)
    own, others = alternate(recorded, plain)
    [run] = SessionReader(path).history().runs
    path.unlink()
    ready_ns = next(event.t_ns for event in run.events if event.data.get("status") == "ready")
    stamped = run.steps.column("flags") == 0
    starts_ns = run.steps.column("start_ns")[stamped] + (warmed_up_ns - ready_ns)
    medians = slice_medians(own, starts_ns, run.steps.column("total_ns")[stamped])
    bare = plain_medians(plain, others)
    return against_neighbours(medians[1:], bare, bare[1:])


def start_plain(data: Path, task: str, lane: str) -> "subprocess.Popen[str]":
    """The plain loop, suspended once it has begun."""
    script, *words = PLAIN[lane]
    command = [sys.executable, str(Path(__file__).with_name(script)), task, str(data), *words]
    plain = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    await_line(_pipe(plain.stdout), "begun")
    suspend(plain)
    return plain


def plain_medians(plain: "subprocess.Popen[str]", slices: list[Slice]) -> list[float | None]:
    """End a plain loop; the median step of each of its `slices`, ms."""
    plain.terminate()
    resume(plain)
    return medians_between(json.load(_pipe(plain.stdout)), slices)


def medians_between(ends: list[int], slices: list[Slice]) -> list[float | None]:
    """The same of a loop whose steps ended at `ends`."""
    ends_ns = np.array(ends)
    return slice_medians(slices, ends_ns[:-1], np.diff(ends_ns))


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def traced_medians(folder: Path, task: str, how: str) -> tuple[float, float]:
    """The median steps of one start of the plain loop under another profiler, and of one without, ms."""
    data, packages, out = folder / task, folder / "packages", folder / "ends"
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
    own, others = alternate(traced, plain)
    medians, bare = medians_between(json.loads(out.read_text()), own), plain_medians(plain, others)
    return against_neighbours(medians[1:], bare, bare[1:])


def install_traceml(folder: Path) -> str | None:
    """Install TraceML into `folder`; why not, if it fails."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), *TRACEML]
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else f"cannot be installed: {done.stderr.strip().splitlines()[-1]}"


def main() -> None:
    print("profiler / bare loop by turns, step median: geometric mean over starts [95 %], and what it adds")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        missing = install_traceml(folder / "packages")
        for task in STEPS:
            (folder / task).mkdir()
            prepare(task, folder / task, 10, seed=0)
            kinds = {
                **{f"dlprof {lane}": lambda t=task, lane=lane: recorded_medians(folder, t, lane) for lane in PLAIN},
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
                added = 1000 * (np.array(with_it) - bare)
                print(
                    f"{task:10} {kind:17} {ratio_of(with_it, bare)}  adds about {np.median(added):.0f} us", flush=True
                )
        if missing:
            print(f"TraceML {missing}")


if __name__ == "__main__":
    main()
