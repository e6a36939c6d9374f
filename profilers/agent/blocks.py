"""Which steps run dark, without stamps, so that what the stamps cost can be weighed."""

from __future__ import annotations

import random

from dlprof.profilers.agent.protocol import DARK

BLOCK = 8
"""Steps of one kind in a row. After a change the first are slower than the rest, and are not weighed."""
BLOCKS = 3
"""One block of so many is dark, at a random place."""


class Blocks:
    """Deals out which of the steps to come are dark."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - an order, nothing secret

    def flags(self) -> list[int]:
        """The flags, DARK or none, of the next BLOCKS * BLOCK steps."""
        chosen = self._random.randrange(BLOCKS)
        return [DARK if block == chosen else 0 for block in range(BLOCKS) for _ in range(BLOCK)]
