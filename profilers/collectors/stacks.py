"""Python stacks of a lane, from py-spy in another process, in segments."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sysconfig
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from dlprof.session.records import Frame, StackSegment, StackSpan, Turn
from dlprof.session.text import clean_line

_MAX_BYTES = 64 << 20
_START_SECONDS = 20.0
_PAUSE_NS = 20_000_000
"""A longer gap between sampled turns is a pause; the next turn of a lane that is alone begins at once."""
_END_SECONDS = 20.0

Interval = tuple[int, int, int, tuple[Frame, ...]]
"""Start and end, ns, thread, frames with the outermost first."""


class StackSampler:
    """One `py-spy record` on one process. `--nonblocking` never stops it; `--idle` sees it wait for a GPU or a pool.

    py-spy writes when it ends, so a segment is known at its end. Stopped and continued together with its lane it
    catches up in a burst, which shows as one span: shares of time stay right.
    """

    def __init__(self, pid: int, run: int, hz: int, folder: Path, now_ns: Callable[[], int]) -> None:
        self._target, self._run, self._hz, self._now_ns = pid, run, hz, now_ns
        self._file = folder / f"stacks-{pid}-{time.monotonic_ns()}.json"
        self._process: asyncio.subprocess.Process | None = None
        self._zero_ns = 0
        self._reason: str | None = None
        self._said = b""

    @property
    def pid(self) -> int | None:
        """py-spy's pid, which leads a process group of its own; None where it did not start."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start sampling; returns when py-spy says that it samples, or has failed."""
        if not self._hz:
            self._reason = "not asked for (--stacks-hz 0)"
            return
        program = py_spy()
        if program is None:
            self._reason = "py-spy is not installed: pip install py-spy"
            return
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(program, "record", "--nonblocking", "--idle", "--full-filenames", "--format", "chrometrace"),
                *("--rate", str(self._hz), "--output", str(self._file), "--pid", str(self._target)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            self._reason = f"cannot start {program}: {error.strerror}; install it again: pip install py-spy"
            return
        # py-spy's clock starts when it does, some 20 ms before its first words: it reads the target's symbols first.
        self._zero_ns = self._now_ns()
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(_START_SECONDS):
                await self._until_sampling(self._process)

    def pause(self) -> None:
        """Stop sampling while the lane waits."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on sampling."""
        self._signal(signal.SIGCONT)

    async def end_segment(self, turns: Sequence[Turn]) -> StackSegment:
        """Stop py-spy and give what it saw inside those of `turns` that were sampled."""
        if self._process is not None:
            self._signal(signal.SIGINT)
            try:
                async with asyncio.timeout(_END_SECONDS):
                    rest, _ = await self._process.communicate()
                self._said += rest
                if (code := self._process.returncode) is not None and code < 0:
                    self._reason = f"py-spy was ended by signal {-code}: no stacks of this stretch"
            except TimeoutError:
                self._reason = f"py-spy did not end within {_END_SECONDS:.0f} s"
        intervals = self._intervals()
        sampled = [turn for turn in turns if turn.sampled]
        spans = clip(intervals, sampled, self._run) if self._reason is None else ()
        covered = sum(span.duration_ns for span in spans if span.main)
        return StackSegment(self._run, self._now_ns(), self._hz, covered, _errors(self._said), self._reason, spans)

    def close(self) -> None:
        """Kill py-spy if it still runs, delete its file."""
        if self._process is not None and self._process.returncode is None:
            self._signal(signal.SIGKILL)
        self._file.unlink(missing_ok=True)

    def _intervals(self) -> list[Interval]:
        if self._reason is not None:
            return []
        try:
            if self._file.stat().st_size > _MAX_BYTES:
                self._reason = "py-spy wrote more than 64 MB in one segment: lower --stacks-hz"
                return []
            return list(parse(json.loads(self._file.read_bytes()), self._zero_ns))
        except (OSError, ValueError, KeyError, TypeError):
            self._reason = why_refused(self._said.decode("utf-8", "replace"))
            return []

    async def _until_sampling(self, process: asyncio.subprocess.Process) -> None:
        while process.stdout is not None and (line := await process.stdout.readline()):
            self._said += line
            if b"Sampling process" in line:
                return

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


def py_spy() -> str | None:
    """The py-spy of this environment, or of the PATH."""
    own = Path(sysconfig.get_path("scripts")) / "py-spy"
    return str(own) if own.exists() else shutil.which("py-spy")


def why_refused(said: str) -> str:
    """One line for what py-spy printed instead of samples."""
    if "ermission" in said or "EPERM" in said or "ptrace" in said:
        return (
            "py-spy may not read the lane: allow it with kernel.yama.ptrace_scope 1 or lower, or in a container with "
            "the capability SYS_PTRACE"
        )
    lines = [clean_line(line) for line in said.splitlines() if line.strip()]
    return f"py-spy gave no samples: {lines[-1] if lines else 'it said nothing'}"[:300]


def parse(events: Any, zero_ns: int) -> Iterable[Interval]:
    """The intervals of a chrometrace: events B and E of each thread, `ts` in microseconds after `zero_ns`."""
    open_frames: dict[int, list[Frame]] = {}
    since: dict[int, int] = {}
    for event in events:
        thread, phase = int(event.get("tid", 0)), event.get("ph")
        if phase not in ("B", "E"):
            continue
        t_ns = zero_ns + int(event["ts"]) * 1000
        frames = open_frames.setdefault(thread, [])
        if frames and t_ns > since[thread]:
            yield since[thread], t_ns, thread, tuple(frames)
        since[thread] = t_ns
        if phase == "B":
            frames.append(_frame(event))
        elif frames:
            frames.pop()


def clip(intervals: Iterable[Interval], turns: Sequence[Turn], run: int) -> tuple[StackSpan, ...]:
    """The parts of `intervals` that lie in `turns`.

    After a pause, what was seen before the turn is what went before; the first stack seen in the turn stands for its
    beginning.
    """
    intervals = list(intervals)
    main = _main_thread(intervals)
    spans = []
    sampled_until = -_PAUSE_NS
    for turn in turns:
        paused = turn.waited or turn.start_ns - sampled_until >= _PAUSE_NS
        sampled_until = turn.end_ns
        begun: set[int] = set()
        for start, end, thread, frames in intervals:
            if end <= turn.start_ns or start >= turn.end_ns or (paused and start < turn.start_ns):
                continue
            since = turn.start_ns if thread not in begun and paused else max(start, turn.start_ns)
            begun.add(thread)
            until = min(end, turn.end_ns)
            spans.append(StackSpan(run, since, until - since, thread, thread == main, frames))
    return tuple(spans)


def _main_thread(intervals: Sequence[Interval]) -> int | None:
    """The thread that runs a module's top level: only the main thread does, from its first frame on."""
    return next((thread for *_, thread, frames in intervals if frames[0].name == "<module>"), None)


def _frame(event: Any) -> Frame:
    arguments = event.get("args") or {}
    file = clean_line(str(arguments.get("filename") or "?"))
    return Frame(clean_line(str(event.get("name"))), _short(file), int(arguments.get("line") or 0))


def _short(file: str) -> str:
    for mark in ("/site-packages/", "/dist-packages/"):
        if mark in file:
            return file.rpartition(mark)[2]
    return file


def _errors(said: bytes) -> int:
    _, found, rest = said.decode("utf-8", "replace").rpartition("Errors: ")
    number = rest.split()[0] if found and rest.split() else "0"
    return int(number) if number.isdigit() else 0
