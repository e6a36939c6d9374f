"""Where sampled stacks spent their time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from dlprof.session.records import Frame, StackSegment
from dlprof.session.table import column, distinct


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
