"""Stack samples as Perfetto has them: samples of a thread that call a stack by number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dlprof.session.exports.perfetto_packets import moment, stamped, thread
from dlprof.session.exports.protobuf import Field, Numbers, integer, message, text
from dlprof.session.records import Frame, StackSegment, StackSpan

_MOST_SAMPLES = 100_000
"""Of one stack without a break: more than a turn holds, and a file that claims more is no real one."""
_HIGHEST_LINE = (1 << 31) - 1
_THREADS = 1 << 12
"""Tracks from here on are threads."""
_USER_MODE = 2


def stack_packets(sequence: int, segments: Sequence[StackSegment]) -> Iterator[bytes]:
    """The samples of `segments`, in the process of `sequence`: of each span one at its start, and at its rate."""
    threads: dict[tuple[int, bool], int] = {}
    names = _Names()
    for segment in segments:
        for span in segment.spans:
            if not span.frames:
                continue
            if (span.thread, span.main) not in threads:
                threads[span.thread, span.main] = tid = _thread_id(sequence, span, len(threads))
                name = "main thread" if span.main else f"thread {span.thread}"
                yield thread(sequence, _THREADS + len(threads), tid, name)
            times = sample_times(span, segment.hz)
            new = names.new(span.frames)
            if new:
                yield stamped(sequence, moment(span.t_ns), message(12, *new)).tobytes()
            ids = [integer(2, sequence), integer(3, threads[span.thread, span.main]), integer(5, _USER_MODE)]
            yield stamped(sequence, times, message(66, *ids, integer(4, names.stack(span.frames)))).tobytes()


def sample_times(span: StackSpan, hz: int) -> Numbers:
    """When `span` was seen, ns: at its start, and then `hz` times a second until its end."""
    count = max(1, min(round(span.duration_ns * hz / 1e9), _MOST_SAMPLES))
    return span.t_ns + span.duration_ns * np.arange(count) // count


def _thread_id(sequence: int, span: StackSpan, others: int) -> int:
    """A thread id for the trace alone: the process id for the main thread, which it is on Linux."""
    return sequence if span.main else sequence << 16 | others + 1


class _Names:
    """The names, frames and stacks of a sequence, each with a number from 1 on."""

    def __init__(self) -> None:
        self._functions: dict[str, int] = {}
        self._files: dict[str, int] = {}
        self._frames: dict[Frame, int] = {}
        self._stacks: dict[tuple[Frame, ...], int] = {}

    def stack(self, frames: tuple[Frame, ...]) -> int:
        """The number of a stack that was new once."""
        return self._stacks[frames]

    def new(self, frames: tuple[Frame, ...]) -> list[Field]:
        """What of this stack has not been named yet, with the numbers that it has from now on."""
        if frames in self._stacks:
            return []
        found = [field for frame in frames if frame not in self._frames for field in self._frame(frame)]
        self._stacks[frames] = number = len(self._stacks) + 1
        return [*found, message(7, integer(1, number), *(integer(2, self._frames[frame]) for frame in frames))]

    def _frame(self, frame: Frame) -> Iterator[Field]:
        if frame.name not in self._functions:
            self._functions[frame.name] = number = len(self._functions) + 1
            yield message(5, integer(1, number), text(2, frame.name))
        if frame.file not in self._files:
            self._files[frame.file] = number = len(self._files) + 1
            for table in (17, 18):  # the path of a mapping, and of a source
                yield message(table, integer(1, number), text(2, frame.file))
            yield message(19, integer(1, number), integer(7, number))
        function, file = self._functions[frame.name], self._files[frame.file]
        line = min(max(frame.line, 0), _HIGHEST_LINE)
        self._frames[frame] = number = len(self._frames) + 1
        # A frame is told from others of its name by its address in the mapping: the line stands for it.
        ids = [integer(1, number), integer(2, function), integer(3, file), integer(4, line)]
        yield message(6, *ids, integer(5, file), integer(6, line))
