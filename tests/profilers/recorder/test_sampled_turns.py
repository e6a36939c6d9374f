"""Of each run, one turn of four is not sampled."""

from dlprof.profilers.recorder.sampled_turns import EVERY, SampledTurns


def test_each_run_has_one_turn_of_four_that_is_not_sampled() -> None:
    turns = SampledTurns(0)
    dealt = [(turns.next(1), turns.next(2)) for _ in range(50 * EVERY)]
    for of_run in zip(*dealt, strict=True):
        groups = [of_run[first : first + EVERY] for first in range(0, len(of_run), EVERY)]
        assert [group.count(False) for group in groups] == len(groups) * [1]
        assert {group.index(False) for group in groups} == set(range(EVERY))
