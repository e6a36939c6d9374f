import pytest

from dlprof.profilers.agent import lane
from dlprof.session import turn_length


def test_a_turn_is_as_long_as_the_lane_makes_it() -> None:
    assert (turn_length.TURN_NS, turn_length.TURN_STEPS) == (lane.TURN_NS, lane.TURN_STEPS)


@pytest.mark.parametrize(("step_ms", "seconds"), [(1.3, 1), (100, 7), (2000, 128)])
def test_the_advice_is_long_enough(step_ms: float, seconds: int) -> None:
    assert f"--duration {seconds}s" in turn_length.advice(3, [step_ms * 1e6, 1e6], ["completed"])
    assert seconds >= 3 * max(0.25, 16 * step_ms / 1e3)


def test_nothing_is_known_of_the_steps() -> None:
    assert "--duration 1s" in turn_length.advice(3, [], [])


def test_another_length_is_no_help_where_a_run_was_ended_early() -> None:
    assert turn_length.advice(3, [1e6], ["completed", "interrupted"]) == (
        "a run was interrupted before its length: let it come to its end"
    )
