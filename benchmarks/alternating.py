"""Two programs that run by turns, so that each meets the same moods of the machine; with their processes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

import numpy as np
import psutil

SLICE_S = 0.4
"""Long against a step."""
UNSETTLED_NS = 30_000_000
"""After a change steps are slower than the rest, and are not weighed."""
FEWEST = 5
"""Steps without which a slice says nothing."""

Slice = tuple[int, int]
"""When a program ran, by `time.perf_counter_ns`."""


def suspend(program: subprocess.Popen[str]) -> None:
    """Stop it, and then what it started."""
    for process in _processes(program):
        with suppress(psutil.NoSuchProcess):
            process.suspend()


def resume(program: subprocess.Popen[str]) -> None:
    """Let what it started go on, and then itself."""
    for process in reversed(_processes(program)):
        with suppress(psutil.NoSuchProcess):
            process.resume()


def await_line(lines: Iterable[str], word: str) -> None:
    """Read `lines` up to one with `word` in it."""
    if not any(word in line for line in lines):
        raise SystemExit(f"a program ended before it said {word!r}")


def alternate(first: subprocess.Popen[str], second: subprocess.Popen[str]) -> tuple[list[Slice], list[Slice]]:
    """Let two suspended programs run by turns until the first is done; when each of them ran.

    Raises:
        SystemExit: one of them failed.
    """
    turns: tuple[list[Slice], list[Slice]] = ([], [])
    while first.poll() is None:
        for program, slices in zip((first, second), turns, strict=True):
            resume(program)
            began = time.perf_counter_ns()
            with suppress(subprocess.TimeoutExpired):
                program.wait(SLICE_S)
            slices.append((began, time.perf_counter_ns()))
            suspend(program)
    for program in (first, second):
        if program.poll():
            raise SystemExit(f"{program.args} failed: exit code {program.returncode}")
    return turns


def slice_medians(slices: Sequence[Slice], starts_ns: np.ndarray, steps_ns: np.ndarray) -> list[float | None]:
    """The median step of each slice, ms, of the steps that began and ended in it; None where there are too few."""
    inside = [steps_ns[(starts_ns > began + UNSETTLED_NS) & (starts_ns + steps_ns < ended)] for began, ended in slices]
    return [float(np.median(steps)) / 1e6 if len(steps) >= FEWEST else None for steps in inside]


def _processes(program: subprocess.Popen[str]) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(program.pid)
        return [process, *process.children(recursive=True)]
    return []
