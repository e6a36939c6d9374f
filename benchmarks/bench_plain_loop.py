"""A lane against the same model and input pipeline in the framework's plain loop, each in a process of its own.

For every default lane and both tasks: starts of both, which then run by turns of 0.4 s until each has made its steps;
ratio of the step medians, its interval over the starts. The lane is recorded with everything on. Its dark steps, which
nothing is stamped in, are held against the plain loop too: what is left there is no cost of stamps.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

import numpy as np
from alternating import alternate, await_line, suspend
from paired import ratio_of

from dlprof.session.file import SessionReader
from dlprof.session.overhead import settled
from dlprof.session.records import DARK
from dlprof.workloads.data import prepare

STARTS = 8
STEPS = {"mnist-mlp": 3000, "text-lstm": 400}
PLAIN = {
    "torch": ["plain_torch.py"],
    "tensorflow": ["plain_tensorflow.py"],
    "keras": ["plain_tensorflow.py", "fit"],
}
DLPROF = (sys.executable, "-m", "dlprof")


def medians(folder: Path, task: str, lane: str) -> tuple[float, float, float]:
    """The median steps of one start of the lane, stamped and dark, and of one of the plain loop, ms."""
    path = folder / "lane.dlprof"
    record = ["--record", str(path), "--tasks", task, "--lanes", lane, "--steps", str(STEPS[task])]
    recorded = subprocess.Popen([*DLPROF, *record], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    await_line(_pipe(recorded.stderr), "warmed up")
    suspend(recorded)
    plain = start_plain(folder / task, task, lane)
    alternate(recorded, plain)
    lit, dark = lane_medians(path)
    path.unlink()
    return lit, dark, plain_median(plain)


def lane_medians(path: Path) -> tuple[float, float]:
    """The median of the steps that count in the only run of a session, and that of its dark ones, ms."""
    [run] = SessionReader(path).history().runs
    flags, totals = run.steps.column("flags").astype(np.int64), run.steps.column("total_ns")
    dark = (flags == DARK) & settled(flags & DARK)
    return float(np.median(totals[flags == 0])) / 1e6, float(np.median(totals[dark])) / 1e6


def start_plain(data: Path, task: str, lane: str) -> "subprocess.Popen[str]":
    """The plain loop, suspended once it has begun."""
    script, *words = PLAIN[lane]
    command = [sys.executable, str(Path(__file__).with_name(script)), task, str(data), str(STEPS[task]), *words]
    plain = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    await_line(_pipe(plain.stdout), "begun")
    suspend(plain)
    return plain


def plain_median(plain: "subprocess.Popen[str]") -> float:
    """The median step of a plain loop that has ended, ms."""
    return float(_pipe(plain.stdout).read())


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def main() -> None:
    print("lane / plain loop by turns, step median: geometric mean over starts of both [95 %]")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for task in STEPS:
            (folder / task).mkdir()
            prepare(task, folder / task, 10, seed=0)
            for lane in PLAIN:
                lit, dark, plain = zip(*(medians(folder, task, lane) for _ in range(STARTS)), strict=True)
                print(f"{task:10} {lane:10} stamped  {ratio_of(lit, plain)}")
                print(f"{task:10} {lane:10} dark     {ratio_of(dark, plain)}", flush=True)


if __name__ == "__main__":
    main()
