"""The clock of a plain loop: one reading a step, and nothing else."""

from __future__ import annotations

import math
import signal
import time

WARM_UP = 30


class Ends:
    """Called after each step; says `begun` after WARM_UP of them. Training ends after `steps` more, or at SIGTERM."""

    def __init__(self, steps: float = math.inf) -> None:
        self._last = steps + WARM_UP
        self._ends: list[int] = []
        signal.signal(signal.SIGTERM, self._stop)

    def __call__(self) -> bool:
        """Whether to train on."""
        self._ends.append(time.perf_counter_ns())
        if len(self._ends) == WARM_UP:
            print("begun", flush=True)
        return len(self._ends) < self._last

    @property
    def counted_ns(self) -> list[int]:
        """Where the steps after the warm-up ended, by `time.perf_counter_ns`, and first where the warm-up did."""
        return self._ends[WARM_UP - 1 :]

    def _stop(self, *_: object) -> None:
        self._last = 0
