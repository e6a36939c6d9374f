"""Where sampled stacks spent their time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from dlprof.session.records import Frame, StackSegment
from dlprof.session.table import column, distinct, together

_ENVIRONMENT = re.compile(r"^.*/(?:(?:site|dist)-packages/|lib/python3\.\d+/|(?=dlprof/))")

Stack = tuple[Frame, ...]
"""The outermost frame first."""
StackTimes = Sequence[tuple[Stack, int]]
"""Each stack once, with its sampled time, ns."""
Function = tuple[str, str]
"""Name and file, the latter without the folder of its environment."""


def function_of(frame: Frame) -> Function:
    """The function of a frame: the same one in another environment, or at another line of it."""
    return frame.name, _ENVIRONMENT.sub("", frame.file)


def time_on_top(segments: Iterable[StackSegment]) -> Counter[Frame]:
    """Sampled time of the main thread by its innermost frame, ns."""
    time: Counter[Frame] = Counter()
    for segment in segments:
        stacks, which = distinct(segment.spans, "frames")
        durations = column(segment.spans, "duration_ns") * column(segment.spans, "main")
        for frames, ns in zip(stacks, np.bincount(which, durations, len(stacks)).tolist(), strict=True):
            if frames and ns:
                time[frames[-1]] += int(ns)
    return time


def time_in_stacks(segments: Sequence[StackSegment], start_ns: float, end_ns: float) -> StackTimes:
    """The main thread's stacks between two moments."""
    spans = together([segment.spans for segment in segments])
    begins = column(spans, "t_ns")
    ends = np.minimum(begins + column(spans, "duration_ns"), end_ns)
    inside = np.maximum(ends - np.maximum(begins, start_ns), 0) * column(spans, "main")
    stacks, which = distinct(spans, "frames")
    times = np.bincount(which, inside, len(stacks)).tolist()
    return [(frames, int(ns)) for frames, ns in zip(stacks, times, strict=True) if frames and ns]
