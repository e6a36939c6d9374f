"""How two sides lie in time."""

import pytest
from made_recordings import steps

from dlprof.session.compare.timing import Timing, timing


def of(baseline: list[int], candidate: list[int]) -> Timing:
    before, after = ([one.started_at for one in steps([0] * len(side), side)] for side in (baseline, candidate))
    return timing(before, after)


@pytest.mark.parametrize(
    ("baseline", "candidate", "found"),
    [
        ([0, 2, 4], [1, 3, 5], Timing.IN_TURN),
        ([0, 3, 4], [1, 2, 5], Timing.IN_TURN),
        ([0, 1, 4], [2, 3, 5], Timing.TOGETHER),
        ([0, 1, 2], [3, 4, 5], Timing.TOGETHER),
        ([0, 1, 2], [9, 10, 11], Timing.APART),
        ([9, 10, 11], [0, 1, 2], Timing.APART),
        ([0, 1, 2, 30], [5], Timing.TOGETHER),
        ([0, 10, 20], [25], Timing.TOGETHER),
        ([0, 1, 2], [1000], Timing.APART),
    ],
)
def test_timing(baseline: list[int], candidate: list[int], found: Timing) -> None:
    assert of(baseline, candidate) is found


def test_a_moment_that_is_not_known_is_far_away() -> None:
    known = "2026-01-02T03:04:05+00:00"
    for odd in ("", "yesterday", "99999-01-01"):
        assert timing([known, odd], [known, known]) is Timing.APART
