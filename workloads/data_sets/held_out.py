"""Which samples of a real data set are trained on, and which are held out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlprof.workloads.data import HELD_OUT
from dlprof.workloads.data_sets.found import Found, Part, Unusable

_SHARE = 0.1
"""Of a data set without a test part: at most so much of it."""


def split(found: Found, random: np.random.Generator) -> tuple[Part, Part]:
    """Shuffled samples for training, and HELD_OUT of the test part, or fewer where it has fewer.

    Where there is no test part, a tenth of the training samples, at most HELD_OUT, is held out.

    Raises:
        Unusable: there is nothing to hold out.
    """
    order = random.permutation(len(found.train.x))
    if found.test is not None:
        return _taken(found.train, order), _taken(found.test, random.permutation(len(found.test.x))[:HELD_OUT])
    count = min(HELD_OUT, int(_SHARE * len(order)))
    if not count:
        fewest = round(1 / _SHARE)
        raise Unusable(f"{found.train.file} has {len(order)} samples; expected {fewest} or more, to hold some out")
    return _taken(found.train, order[count:]), _taken(found.train, order[:count])


def _taken(part: Part, order: NDArray[np.intp]) -> Part:
    return Part(part.x[order], part.y[order], part.file)
