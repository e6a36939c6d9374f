"""Where the time of a lane went, frame by frame, on two sides: which frames gained a share, and which are new.

A frame is a function and its file: lines move from version to version. A share is that of the main thread's sampled
time in which the function itself was running (the innermost Python frame), which is what a change of its cost changes.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dlprof.session.effects import LEVEL, holm
from dlprof.session.history import RunHistory
from dlprof.session.stacks import Function, function_of, time_on_top

SHOWN = 10
SMALLEST = 0.01
"""A share has to change by so much to be listed."""
DISPERSION = 3.0
"""Samples next to each other see the same call, and starts differ: shares vary by so much more than independent samples
would, as a variance. In a pool of recordings of one thing 1.7 over all functions, at most 2.5 for one of them."""


@dataclass(frozen=True, eq=False)
class FrameTimes:
    """How many samples saw each function at work."""

    samples: Mapping[Function, float]

    @property
    def total(self) -> float:
        """All samples."""
        return sum(self.samples.values())

    def share(self, function: Function) -> float:
        """The share of `function` in all samples."""
        return self.samples.get(function, 0.0) / self.total


@dataclass(frozen=True)
class FrameChange:
    """A function's share of the sampled time on either side; `is_new`: it was seen on the candidate's alone."""

    name: str
    file: str
    baseline: float
    candidate: float
    is_new: bool

    @property
    def gained(self) -> float:
        """The candidate's share less the baseline's."""
        return self.candidate - self.baseline


def frame_times(run: RunHistory) -> FrameTimes:
    """How many samples of the main thread saw each function of `run` at work."""
    samples: dict[Function, float] = defaultdict(float)
    for segment in run.segments:
        for frame, ns in time_on_top([segment]).items():
            samples[function_of(frame)] += ns * segment.hz / 1e9
    return FrameTimes(dict(samples))


def frame_changes(baseline: Sequence[FrameTimes], candidate: Sequence[FrameTimes]) -> tuple[FrameChange, ...]:
    """The functions whose share changed by more than samples can by chance, largest change first.

    A z test of two proportions on each, with DISPERSION, and Holm's step-down over all.
    """
    before, after = _together(baseline), _together(candidate)
    if before.total < 1 or after.total < 1:
        return ()
    changes = [
        FrameChange(*function, before.share(function), after.share(function), is_new=function not in before.samples)
        for function in sorted({*before.samples, *after.samples})
    ]
    chances = holm([_chance(change, before.total, after.total) for change in changes])
    found = [
        change
        for change, chance in zip(changes, chances, strict=True)
        if chance <= LEVEL and abs(change.gained) >= SMALLEST
    ]
    return tuple(sorted(found, key=lambda change: -abs(change.gained))[:SHOWN])


def _together(side: Sequence[FrameTimes]) -> FrameTimes:
    samples: dict[Function, float] = defaultdict(float)
    for times in side:
        for function, count in times.samples.items():
            samples[function] += count
    return FrameTimes(dict(samples))


def _chance(change: FrameChange, before: float, after: float) -> float:
    """How often the shares differ as much by chance, in `before` and `after` samples."""
    share = (change.baseline * before + change.candidate * after) / (before + after)
    error = math.sqrt(DISPERSION * share * (1 - share) * (1 / before + 1 / after))
    return math.erfc(abs(change.gained) / error / math.sqrt(2)) if error else 1.0
