"""Which turns are sampled for stacks, so that what the sampling costs can be weighed."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable

from dlprof.profilers.recorder.plan import Plan

EVERY = 4
"""One turn of so many of a run is not sampled, at a random place."""


def turns_to_sample(plan: Plan) -> Callable[[int], bool]:
    """What tells of the next turn of a run, by the run's number, whether it is sampled."""
    if not plan.stacks_hz:
        return lambda _: False
    return SampledTurns(plan.seed).next if plan.overhead_check else lambda _: True


class SampledTurns:
    """Deals out which of the turns to come are sampled; a short run has some of both kinds, too."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - an order, nothing secret
        self._ahead: defaultdict[int, list[bool]] = defaultdict(list)

    def next(self, run: int) -> bool:
        """Whether the next turn of `run` is sampled."""
        ahead = self._ahead[run]
        if not ahead:
            chosen = self._random.randrange(EVERY)
            ahead.extend(turn != chosen for turn in range(EVERY))
        return ahead.pop()
