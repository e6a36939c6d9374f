from dataclasses import replace

import numpy as np
import pytest
import simulation

from dlprof.session.history import NO_STEPS, STEP_COLUMNS, Steps
from dlprof.session.overhead import Cost, StampCost, sampling_cost, stamp_cost
from dlprof.session.records import COLD, DARK, WARM_UP
from dlprof.session.statistics import NotAvailable

TRIALS = 60


def stamp_costs(cost: float) -> list[StampCost]:
    random = np.random.default_rng(1)
    found = [stamp_cost(simulation.lit_and_dark(random, cost)) for _ in range(TRIALS)]
    assert not any(isinstance(each, NotAvailable) for each in found)
    return [each for each in found if isinstance(each, StampCost)]


def sampling_costs(cost: float) -> list[Cost]:
    random = np.random.default_rng(2)
    found = [sampling_cost(simulation.sampled_and_not(random, cost)) for _ in range(TRIALS)]
    return [each for each in found if isinstance(each, Cost)]


def covering(found: list[Cost], cost: float) -> float:
    return float(np.mean([each.low <= cost <= each.high for each in found]))


@pytest.mark.parametrize("cost", [1.0, 1.01, 1.05])
def test_the_interval_of_the_stamps_cost_covers_what_was_injected(cost: float) -> None:
    found = stamp_costs(cost)
    assert covering([each.cost for each in found], cost) >= 0.88
    assert np.mean([each.cost.ratio for each in found]) == pytest.approx(cost, abs=0.002)


def test_a_cost_of_five_per_cent_is_found_and_none_is_not() -> None:
    assert all(each.cost.low > 1 for each in stamp_costs(1.05))
    assert np.mean([each.cost.low > 1 or each.cost.high < 1 for each in stamp_costs(1)]) <= 0.12


def test_4080_steps_with_noise_of_a_tenth_tell_the_cost_to_one_per_cent() -> None:
    half_widths = [(each.cost.high - each.cost.low) / 2 for each in stamp_costs(1)]
    assert np.percentile(half_widths, 90) <= 0.01


def test_the_cost_in_time_is_a_step_s_share() -> None:
    found = stamp_cost(simulation.lit_and_dark(np.random.default_rng(3), 1.05, noise=0.01))
    assert isinstance(found, StampCost)
    # the simulated machine drifts, so a step is 2 ms only about
    assert found.ns_per_step == pytest.approx(0.05 * 2 * simulation.MS, rel=0.5)


def test_slow_first_steps_after_each_change_do_not_hide_the_cost() -> None:
    steps = simulation.lit_and_dark(np.random.default_rng(5), 1.03, noise=0.01)
    values, kinds = steps.values.copy(), steps.column("flags")
    first = np.flatnonzero(np.diff(kinds, prepend=-1) != 0)
    values[first, 2] *= 1.06
    values[first + 1, 2] *= 1.02
    found = stamp_cost(replace(steps, values=values))
    assert isinstance(found, StampCost)
    assert found.cost.ratio == pytest.approx(1.03, abs=0.003)


def test_what_is_slow_after_cold_steps_is_no_cost() -> None:
    """A turn of 20 steps begins with 4 cold ones, and the 2 after them are slow, whatever their kind."""
    random = np.random.default_rng(6)
    steps = simulation.lit_and_dark(random, 1, turns=400, noise=0.01)
    turns, flags = np.arange(len(steps)) // 20, steps.column("flags")
    place = np.arange(len(steps)) % 20
    totals = steps.column("total_ns") * np.where(place < 4, 1.5, np.where(place < 6, 1.2, 1))
    found = stamp_cost(simulation.steps_of(totals, turns, np.where(place < 4, COLD, flags)))
    assert isinstance(found, StampCost)
    assert found.cost.ratio == pytest.approx(1, abs=0.002)


def test_wild_steps_do_not_decide_the_cost() -> None:
    random = np.random.default_rng(4)
    steps = simulation.lit_and_dark(random, 1.02)
    values = steps.values.copy()
    values[random.random(len(values)) < 0.03, 2] *= 20
    found = stamp_cost(replace(steps, values=values))
    assert isinstance(found, StampCost)
    assert found.cost.low <= 1.02 <= found.cost.high
    assert found.cost.high - found.cost.low < 0.03


def test_a_short_or_noisy_recording_says_so() -> None:
    random = np.random.default_rng(5)
    not_weighed = NotAvailable("not weighed (--no-overhead-check)")
    assert stamp_cost(NO_STEPS) == NotAvailable("too short to say: 0 of 8 turns")
    few = stamp_cost(simulation.lit_and_dark(random, 1.05, turns=5))
    assert few == NotAvailable("too short to say: 5 of 8 turns")
    lit = simulation.lit_and_dark(random, 1.05, turns=5)
    probed = lit.where(lit.column("flags") == 0)
    assert stamp_cost(probed) == NotAvailable("nothing is stamped inside its steps")
    stamped = probed.values.copy()
    stamped[:, STEP_COLUMNS.index("forward_ns")] = 1e6
    assert stamp_cost(replace(probed, values=stamped)) == not_weighed
    warm = stamped[probed.rows]
    warm[:3, STEP_COLUMNS.index("flags")] = WARM_UP | DARK
    assert stamp_cost(Steps(warm)) == NotAvailable("too short to say: 0 of 8 turns")
    noisy = stamp_cost(simulation.lit_and_dark(random, 1.05, turns=20, noise=0.5))
    assert isinstance(noisy, NotAvailable)
    assert noisy.reason.startswith("too short to say: known to ±")


@pytest.mark.parametrize("cost", [1.0, 1.05])
def test_the_interval_of_the_sampling_cost_covers_what_was_injected(cost: float) -> None:
    found = sampling_costs(cost)
    assert len(found) == TRIALS
    assert covering(found, cost) >= 0.88
    assert np.mean([each.low > 1 for each in found]) == pytest.approx(1 if cost > 1 else 0.025, abs=0.075)


def test_sampling_in_every_turn_tells_nothing_of_its_cost() -> None:
    history = simulation.sampled_and_not(np.random.default_rng(6), 1)
    always = replace(history, turns=tuple(replace(turn, sampled=True) for turn in history.turns))
    assert sampling_cost(always) == NotAvailable("no turns ran without it")
    stamped = always.steps.values.copy()
    stamped[:, STEP_COLUMNS.index("forward_ns")] = 1e6
    assert sampling_cost(replace(always, steps=Steps(stamped))) == NotAvailable("not weighed (--no-overhead-check)")
    stamped[0, STEP_COLUMNS.index("flags")] = WARM_UP | DARK
    of_no_turns = NotAvailable("too short to say: 0 of 8 blocks of 8 turns")
    assert sampling_cost(replace(always, steps=Steps(stamped))) == of_no_turns
    never = replace(history, turns=tuple(replace(turn, sampled=False) for turn in history.turns))
    assert sampling_cost(never) == NotAvailable("no stacks were sampled")
    few = simulation.sampled_and_not(np.random.default_rng(7), 1, turns=40)
    assert sampling_cost(few) == NotAvailable("too short to say: 4 of 8 blocks of 8 turns")


def test_a_long_recording_is_thinned_by_whole_turns() -> None:
    found = stamp_cost(simulation.lit_and_dark(np.random.default_rng(8), 1.03, turns=6000))
    assert isinstance(found, StampCost)
    assert found.cost.low <= 1.03 <= found.cost.high
    assert found.cost.high - found.cost.low < 0.01
