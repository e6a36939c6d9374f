"""Of each run, one turn of four is not sampled."""

import pytest

from dlprof.profilers.recorder.plan import Plan
from dlprof.profilers.recorder.sampled_turns import EVERY, SampledTurns, turns_to_sample


def test_each_run_has_one_turn_of_four_that_is_not_sampled() -> None:
    turns = SampledTurns(0)
    dealt = [(turns.next(1), turns.next(2)) for _ in range(50 * EVERY)]
    for of_run in zip(*dealt, strict=True):
        groups = [of_run[first : first + EVERY] for first in range(0, len(of_run), EVERY)]
        assert [group.count(False) for group in groups] == len(groups) * [1]
        assert {group.index(False) for group in groups} == set(range(EVERY))


@pytest.mark.parametrize(
    ("stacks_hz", "overhead_check", "sampled"), [(20, True, EVERY - 1), (20, False, EVERY), (0, True, 0), (0, False, 0)]
)
def test_a_plan_says_how_many_turns_are_sampled(stacks_hz: int, overhead_check: bool, sampled: int) -> None:
    plan = Plan("", "", (), (), stacks_hz=stacks_hz, overhead_check=overhead_check)
    is_sampled = turns_to_sample(plan)
    assert sum(is_sampled(1) for _ in range(EVERY)) == sampled
