"""The clock of a plain loop: one reading a step, and nothing else."""

from __future__ import annotations

import time
from itertools import pairwise
from statistics import median

WARM_UP = 30


class Ends:
    """Called after each step; says `begun` after WARM_UP of them."""

    def __init__(self, steps: int) -> None:
        self._last = steps + WARM_UP
        self._ends: list[float] = []

    def __call__(self) -> bool:
        """Whether to train on."""
        self._ends.append(time.perf_counter())
        if len(self._ends) == WARM_UP:
            print("begun", flush=True)
        return len(self._ends) < self._last

    @property
    def median_ms(self) -> float:
        """Of the steps after the warm-up."""
        return 1000 * median(b - a for a, b in pairwise(self._ends[WARM_UP:]))
