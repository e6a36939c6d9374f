"""How much of a lane one side has: what its figures rest on, and what of it does not count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from dlprof.session.history import StepCounts


@dataclass(frozen=True)
class Extent:
    """Of one start, or of several added up. `disturbed`: turns; None where it is not known what else went on."""

    starts: int
    stepping_ns: int
    turns: int
    disturbed: int | None
    steps: StepCounts
    dropped: int


NOTHING = Extent(0, 0, 0, 0, StepCounts(0, 0, 0, 0, 0, 0), 0)


def added(extents: Iterable[Extent]) -> Extent:
    """All of `extents` together; `disturbed` is not known of them all where it is not of one."""
    parts = list(extents)
    disturbed = [part.disturbed for part in parts]
    known = [count for count in disturbed if count is not None]
    return Extent(
        sum(part.starts for part in parts),
        sum(part.stepping_ns for part in parts),
        sum(part.turns for part in parts),
        sum(known) if len(known) == len(disturbed) else None,
        StepCounts(*(sum(counts) for counts in zip(*(astuple(part.steps) for part in (NOTHING, *parts)), strict=True))),
        sum(part.dropped for part in parts),
    )
