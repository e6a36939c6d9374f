"""Which steps run dark, without stamps, so that what the stamps cost can be weighed."""

from __future__ import annotations

import random

BLOCK = 4
"""Steps of one kind in a row: the first after a change is a part, not the whole."""
BLOCKS = 4
"""One block of so many is dark, at a random place."""


class Blocks:
    """Gives, step by step, whether the step is dark."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - an order, nothing secret
        self._left: list[bool] = []

    def dark(self) -> bool:
        """Whether the next step is dark."""
        if not self._left:
            chosen = self._random.randrange(BLOCKS)
            self._left = [block == chosen for block in range(BLOCKS) for _ in range(BLOCK)]
        return self._left.pop()
