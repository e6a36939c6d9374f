"""Ratios of sides, and what their errors rest on."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from dlprof.session.compare.spread import DURATIONS, SIZES, Design, Recorded, Start, effect_of
from dlprof.session.compare.timing import Timing
from dlprof.session.compare.wording import basis_text
from dlprof.session.effects import MARGIN, Effect, Finding

TRIALS = 400


def starts(*logs: float) -> Recorded:
    return [Start(log, 0.0) for log in logs]


def finding(effect: Effect) -> Finding:
    return effect.finding(MARGIN, effect.chance(MARGIN))


def named(findings: Sequence[Finding]) -> float:
    return sum(one in (Finding.ABOVE, Finding.BELOW) for one in findings) / len(findings)


def sides(random: np.random.Generator, count: int, change: float = 0.0) -> tuple[list[Recorded], list[Recorded]]:
    """Recordings of one start a side; they differ by 1.5 %."""
    before, after = random.normal(0, 0.015, (2, count))
    return [starts(float(log)) for log in before], [starts(float(log) + change) for log in after]


def test_five_recordings_a_side_seldom_name_a_change_that_is_none() -> None:
    random = np.random.default_rng(1)
    found = [finding(effect_of(*sides(random, 5), Timing.TOGETHER, DURATIONS)[0]) for _ in range(TRIALS)]
    assert named(found) <= 0.05


def test_five_recordings_a_side_find_a_slow_down_of_five_per_cent() -> None:
    random = np.random.default_rng(2)
    found = [
        finding(effect_of(*sides(random, 5, math.log(1.05)), Timing.TOGETHER, DURATIONS)[0]) for _ in range(TRIALS)
    ]
    assert found.count(Finding.ABOVE) >= 0.9 * TRIALS


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random, hits = np.random.default_rng(3), 0
    for _ in range(TRIALS):
        before = [starts(float(log)) for log in random.normal(0, 0.01, 3)]
        after = [starts(float(log)) for log in random.normal(0.2, 0.04, 6)]
        low, high = effect_of(before, after, Timing.TOGETHER, DURATIONS)[0].interval
        hits += low <= math.exp(0.2) <= high
    assert 0.92 * TRIALS <= hits <= 0.985 * TRIALS


def test_made_in_turn_a_drift_cancels() -> None:
    random = np.random.default_rng(4)
    drift = np.cumsum(random.normal(0, 0.1, 5))
    before, after = ([starts(float(log)) for log in drift + random.normal(0, 0.005, 5) + d] for d in (0, 0.05))
    paired, basis = effect_of(before, after, Timing.IN_TURN, DURATIONS)
    apart, _ = effect_of(before, after, Timing.TOGETHER, DURATIONS)
    assert (basis.design, paired.degrees) == (Design.PAIRS, 4)
    assert finding(paired) is Finding.ABOVE
    assert paired.log == pytest.approx(apart.log)
    assert finding(apart) is Finding.UNDECIDED


def test_sides_far_apart_carry_the_assumed_drift() -> None:
    before, after = [starts(0.0), starts(0.001), starts(0.002)], [starts(0.1), starts(0.101), starts(0.102)]
    near, _ = effect_of(before, after, Timing.TOGETHER, DURATIONS)
    far, basis = effect_of(before, after, Timing.APART, DURATIONS)
    assert finding(near) is Finding.ABOVE
    assert finding(far) is Finding.UNDECIDED
    assert far.error == pytest.approx(math.hypot(near.error, math.sqrt(2) * DURATIONS.drift))
    assert (basis.drift, far.assumed) == (DURATIONS.drift, True)


def test_one_recording_a_side_names_a_large_change_only() -> None:
    large, basis = effect_of([starts(0.0)], [starts(0.6)], Timing.APART, DURATIONS)
    small, _ = effect_of([starts(0.0)], [starts(0.1)], Timing.APART, DURATIONS)
    assert (basis.design, basis.spread, basis.drift) == (Design.ASSUMED_STARTS, DURATIONS.start, DURATIONS.drift)
    assert (finding(large), finding(small)) == (Finding.ABOVE, Finding.UNDECIDED)


def test_uncertain_turns_are_told_apart_from_the_assumed_spread() -> None:
    effect, basis = effect_of([[Start(0.0, 0.6)]], [[Start(0.1, 0.6)]], Timing.APART, SIZES)
    assert (basis.design, basis.spread, basis.turn_error) == (Design.ASSUMED_STARTS, SIZES.start, pytest.approx(0.6))
    assert effect.error == pytest.approx(math.sqrt(2) * math.hypot(SIZES.start, 0.6))
    words = "1 and 1 recordings, from start to start 2.0% is assumed, and within a start 60.0% is uncertain"
    assert basis_text(basis) == words


def test_two_starts_that_differ_by_more_than_is_assumed_are_believed() -> None:
    effect, basis = effect_of([starts(0.0, 0.2)], [starts(0.1)], Timing.APART, SIZES)
    assert (basis.design, effect.degrees) == (Design.STARTS, None)
    assert basis.spread == pytest.approx(0.2 / math.sqrt(2))


def test_repeated_starts_measure_their_spread() -> None:
    before, after = [starts(0.0, 0.01, -0.01)], [starts(0.1, 0.12, 0.08)]
    effect, basis = effect_of(before, after, Timing.APART, SIZES)
    assert basis.design is Design.STARTS
    assert basis.spread == pytest.approx(math.sqrt((0.01**2 + 0.02**2) / 2))
    assert effect.error == pytest.approx(basis.spread * math.sqrt(2 / 3))
    assert (effect.degrees, basis.starts) == (4, (3, 3))
    one_sided, _ = effect_of(before, [starts(0.1)], Timing.APART, SIZES)
    assert one_sided.error == pytest.approx(0.01 * math.sqrt(1 / 3 + 1))


def test_starts_of_one_recording_never_pass_for_recordings() -> None:
    many = [starts(*np.linspace(-0.001, 0.001, 40))]
    effect, _ = effect_of(many, [starts(*np.linspace(0.099, 0.101, 40))], Timing.APART, DURATIONS)
    assert effect.error >= DURATIONS.drift
    assert finding(effect) is Finding.UNDECIDED


def test_turns_that_differ_wildly_widen_an_assumed_spread() -> None:
    calm, _ = effect_of([[Start(0.0, 0.001)]], [[Start(0.0, 0.001)]], Timing.APART, SIZES)
    wild, _ = effect_of([[Start(0.0, 0.2)]], [[Start(0.0, 0.2)]], Timing.APART, SIZES)
    assert wild.error > 5 * calm.error


def test_a_start_with_one_slow_turn_is_not_known_better_than_its_turns_tell() -> None:
    several = [starts(0.0, 0.01, -0.01)]
    calm, _ = effect_of(several, [starts(0.5)], Timing.APART, SIZES)
    wild, basis = effect_of(several, [[Start(0.5, 0.4)]], Timing.APART, SIZES)
    assert (finding(calm), finding(wild), basis.design) == (Finding.ABOVE, Finding.UNDECIDED, Design.STARTS)
    recordings = [starts(0.0), starts(0.01), starts(-0.01), starts(0.0)]
    wild, basis = effect_of(recordings, [[Start(0.5, 0.4)]], Timing.TOGETHER, SIZES)
    assert (finding(wild), basis.design) == (Finding.UNDECIDED, Design.ONE_AGAINST_SEVERAL)


def test_one_recording_is_held_against_the_spread_of_several() -> None:
    several = [starts(0.0), starts(0.02), starts(0.04), starts(0.02)]
    effect, basis = effect_of(several, [starts(0.2)], Timing.TOGETHER, DURATIONS)
    spread = float(np.std([0.0, 0.02, 0.04, 0.02], ddof=1))
    assert (basis.design, effect.degrees, basis.drift) == (Design.ONE_AGAINST_SEVERAL, 3, 0)
    assert effect.error == pytest.approx(spread * math.sqrt(1 + 1 / 4))
    backwards, _ = effect_of([starts(0.2)], several, Timing.TOGETHER, DURATIONS)
    assert (backwards.log, backwards.error) == (pytest.approx(-effect.log), pytest.approx(effect.error))


def test_one_with_fewer_starts_than_the_several_is_less_sure() -> None:
    several = [starts(0.00, 0.02), starts(0.01, 0.03), starts(0.02, 0.04)]
    of_two, _ = effect_of(several, [starts(0.2, 0.22)], Timing.TOGETHER, SIZES)
    of_one, _ = effect_of(several, [starts(0.2)], Timing.TOGETHER, SIZES)
    assert of_one.error > of_two.error


def test_values_that_never_vary_have_no_error() -> None:
    equal = [starts(0.5), starts(0.5), starts(0.5)]
    for timing in (Timing.TOGETHER, Timing.IN_TURN):
        assert finding(effect_of(equal, equal, timing, DURATIONS)[0]) is Finding.SAME
