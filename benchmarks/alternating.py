"""Two programs that run by turns, so that each meets the same moods of the machine; with their processes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from contextlib import suppress

import psutil

SLICE_S = 0.4
"""Long against a step; what a step takes that a stop cuts says nothing."""


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


def alternate(first: subprocess.Popen[str], second: subprocess.Popen[str]) -> None:
    """Let two suspended programs run by turns until both are done.

    Raises:
        SystemExit: one of them failed.
    """
    while first.poll() is None and second.poll() is None:
        for program in (first, second):
            resume(program)
            try:
                program.wait(SLICE_S)
            except subprocess.TimeoutExpired:
                suspend(program)
    for program in (first, second):
        resume(program)
        if program.wait():
            raise SystemExit(f"{program.args} failed: exit code {program.returncode}")


def _processes(program: subprocess.Popen[str]) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(program.pid)
        return [process, *process.children(recursive=True)]
    return []
