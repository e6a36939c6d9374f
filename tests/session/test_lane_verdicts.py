from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import simulation

from dlprof.session.effects import MARGIN, Doubt
from dlprof.session.estimators import interquartile_mean, t_quantile
from dlprof.session.history import STEP_COLUMNS, RunHistory, SessionHistory, Steps
from dlprof.session.lane_verdicts import Comparison, compare, fastest, lane_comparisons
from dlprof.session.records import Event, Turn

TRIALS = 200


def verdicts(ratio: float, start_sd: float, repeats: int) -> Counter[str]:
    random = np.random.default_rng(1)
    lanes = (simulation.two_lanes(random, ratio, start_sd, repeats) for _ in range(TRIALS))
    return Counter(compare(*pair).verdict for pair in lanes)


def named(found: Counter[str]) -> int:
    return found["first faster"] + found["second faster"]


@pytest.mark.parametrize("start_sd", [0.005, 0.01, 0.02])
@pytest.mark.parametrize("repeats", [1, 2, 3, 5])
def test_a_lane_against_itself_seldom_has_a_winner(start_sd: float, repeats: int) -> None:
    assert named(verdicts(1, start_sd, repeats)) <= 0.05 * TRIALS


@pytest.mark.parametrize(("start_sd", "share"), [(0.005, 0.95), (0.01, 0.75)])
def test_five_repeats_call_equal_lanes_the_same(start_sd: float, share: float) -> None:
    assert verdicts(1, start_sd, 5)["same"] >= share * TRIALS


@pytest.mark.parametrize(("ratio", "word"), [(1.05, "first faster"), (1 / 1.05, "second faster")])
def test_five_repeats_name_a_slow_down_of_five_per_cent(ratio: float, word: str) -> None:
    assert verdicts(ratio, 0.01, 5)[word] >= 0.9 * TRIALS


@pytest.mark.parametrize(
    ("repeats", "disturbed", "verdict"),
    [
        (1, 0.4, "first faster"),
        (1, 0.6, "inconclusive"),
        (5, 0.6, "first faster"),
    ],
)
def test_where_most_turns_were_disturbed_only_a_measured_spread_decides(
    repeats: int, disturbed: float, verdict: str
) -> None:
    lanes = simulation.two_lanes(np.random.default_rng(5), 2.0, 0.01, repeats)
    events = (Event(0, 1, "status", {"status": "completed"}),)
    runs = [replace(run, events=events, turns=beside_others(run, disturbed)) for lane in lanes for run in lane]
    history = SessionHistory({"machine": {"cores": {"usable": 2}}}, 0, True, tuple(runs))
    [(_, _, found)] = lane_comparisons(history, "mnist-mlp")
    assert found.verdict == verdict
    assert ("turns of a were disturbed from outside" in str(found.doubt)) is (verdict == "inconclusive")


def beside_others(run: RunHistory, share: float) -> list[Turn]:
    """Its turns, in that share of which another process used a whole core."""
    count = len(np.unique(run.steps.column("turn")))
    return [
        Turn(run.run.id, i, i * 1000, (i + 1) * 1000, True, others_cpu_ns=1000 if i < share * count else 0)
        for i in range(count)
    ]


def test_one_repeat_names_a_large_difference_only() -> None:
    assert verdicts(1.2, 0.01, 1)["first faster"] >= 0.95 * TRIALS
    small = verdicts(1.05, 0.01, 1)
    assert small["inconclusive"] >= 0.9 * TRIALS
    assert small["same"] == 0


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random, hits = np.random.default_rng(2), 0
    for _ in range(TRIALS):
        found = compare(*simulation.two_lanes(random, 1.3, 0.015, 4)).estimate
        assert found is not None
        hits += found.low <= 1.3 <= found.high
    assert 0.91 * TRIALS <= hits <= 0.99 * TRIALS


def compared(ratio: float, start_sd: float, repeats: int) -> Comparison:
    return compare(*simulation.two_lanes(np.random.default_rng(3), ratio, start_sd, repeats))


def test_the_spread_of_starts_is_measured_or_said_to_be_assumed() -> None:
    one, two, many = (compared(1, 0.01, repeats) for repeats in (1, 2, 40))
    assert one.estimate is not None
    assert two.estimate is not None
    assert many.estimate is not None
    assert (one.estimate.repeats, one.estimate.start_spread, one.estimate.spread_is_assumed) == (1, 0.028, True)
    assert one.doubt == Doubt("fewer than 3 repeats, and no large difference")
    assert two.estimate.spread_is_assumed
    assert not many.estimate.spread_is_assumed
    assert 0.01 <= many.estimate.start_spread <= 0.02
    assert many.verdict == "same"
    assert many.doubt is None


def test_turns_that_differ_wildly_are_the_reason() -> None:
    random = np.random.default_rng(9)
    first, second = simulation.two_lanes(random, 1, 0.01, 1, turns=8)
    wild = np.repeat([0.1, 10, 0.3, 4, 0.2, 6, 0.5, 2], 16)
    found = compare(first, [simulation.changed(second[0], wild)])
    assert found.verdict == "inconclusive"
    assert found.doubt == Doubt("the turns differ too much from one another")


def test_two_repeats_far_apart_outweigh_the_assumption() -> None:
    a, _ = simulation.two_lanes(np.random.default_rng(3), 1, 0, 2)
    found = compare(a, [a[0], simulation.changed(a[1], 1.4)])
    assert found.verdict == "inconclusive"
    assert found.estimate is not None
    assert not found.estimate.spread_is_assumed


def test_drift_shared_by_paired_turns_cancels() -> None:
    first, second = simulation.two_lanes(np.random.default_rng(4), 1.1, 0, 1, turns=20)
    ramp = np.repeat(np.linspace(1, 3, 20), 16)
    drifted = [simulation.changed(run, ramp) for run in (*first, *second)]
    still, moved = compare(first, second).estimate, compare(drifted[:1], drifted[1:]).estimate
    assert still is not None
    assert moved is not None
    assert moved.ratio == pytest.approx(still.ratio, rel=1e-5)
    assert moved.high == pytest.approx(still.high, rel=1e-5)


def test_repeats_and_turns_without_a_counterpart_are_left_out() -> None:
    first, second = simulation.two_lanes(np.random.default_rng(5), 1, 0.01, 3)
    found = compare(first, second[1:]).estimate
    assert found is not None
    assert found.repeats == 2
    later = simulation.changed(second[0], later=22)
    assert compare(first[:1], [later]) == Comparison(
        "inconclusive",
        Doubt("fewer than 3 turns of both lanes to pair", "record for longer: --duration 1s, or more"),
        None,
    )


def test_lanes_that_ran_at_once_are_not_told_to_record_for_longer() -> None:
    first, second = simulation.two_lanes(np.random.default_rng(6), 1, 0.01, 1)
    few = tuple(replace(run, steps=run.steps.where(run.steps.column("turn") < 2)) for run in (*first, *second))
    for schedule, said in (("parallel", "record in turns"), ("turns", "record for longer")):
        ((_, _, found),) = lane_comparisons(SessionHistory({"schedule": schedule}, 1, True, few), "mnist-mlp")
        assert said in str(found.doubt)


def test_there_is_one_comparison_per_pair_of_lanes_whatever_the_repeats() -> None:
    first, second = simulation.two_lanes(np.random.default_rng(6), 1, 0.01, 3)
    third = [replace(run, run=replace(run.run, lane="c")) for run in second]
    runs: tuple[RunHistory, ...] = tuple(run for trio in zip(first, second, third, strict=True) for run in trio)
    history = SessionHistory({}, 1, True, runs)
    assert [pair[:2] for pair in lane_comparisons(history, "mnist-mlp")] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert list(lane_comparisons(history, "text-lstm")) == []


def test_a_narrow_margin_is_harder_to_be_the_same_within() -> None:
    first, second = simulation.two_lanes(np.random.default_rng(7), 1, 0.005, 5)
    assert compare(first, second, MARGIN).verdict == "same"
    assert compare(first, second, 0.001).verdict != "same"


@pytest.mark.parametrize(
    ("degrees", "at_95", "at_975"),
    [
        (1, 6.3138, 12.7062),
        (2, 2.9200, 4.3027),
        (3, 2.3534, 3.1824),
        (4, 2.1318, 2.7764),
        (9, 1.8331, 2.2622),
        (30, 1.6973, 2.0423),
        (60, 1.6706, 2.0003),
        (120, 1.6577, 1.9799),
    ],
)
def test_quantiles_of_t_are_those_of_the_tables(degrees: int, at_95: float, at_975: float) -> None:
    assert t_quantile(0.95, degrees) == pytest.approx(at_95, abs=6e-5)
    assert t_quantile(0.975, degrees) == pytest.approx(at_975, abs=6e-5)


def test_the_interquartile_mean_and_its_error() -> None:
    assert interquartile_mean(np.array([1.0, 2, 3, 100])).mean == 2.5
    assert interquartile_mean(np.array([7.0])).mean == 7
    random = np.random.default_rng(8)
    found = [interquartile_mean(random.normal(10, 1, 60)) for _ in range(400)]
    assert np.mean([centre.standard_error for centre in found]) == pytest.approx(
        np.std([centre.mean for centre in found]), rel=0.1
    )


@pytest.mark.parametrize(
    ("ratio", "repeats", "words"),
    [(1.3, 5, "a fastest"), (1 / 1.3, 5, "b fastest"), (1.0, 5, "same"), (1.02, 1, "inconclusive")],
)
def test_the_fastest_lane_of_a_task(ratio: float, repeats: int, words: str) -> None:
    first, second = simulation.two_lanes(np.random.default_rng(3), ratio, 0.005, repeats)
    assert fastest(SessionHistory({}, 1, True, (*first, *second)), "mnist-mlp") == words
    assert fastest(SessionHistory({}, 1, True, tuple(first)), "mnist-mlp") == "nothing to compare"


def test_a_lane_is_the_fastest_only_if_it_beats_every_other() -> None:
    first, second = simulation.two_lanes(np.random.default_rng(3), 1.3, 0.005, 5)
    alike = [replace(run, run=replace(run.run, lane="c")) for run in first]
    assert fastest(SessionHistory({}, 1, True, (*first, *second, *alike)), "mnist-mlp") == "inconclusive"


def test_a_lane_whose_slow_steps_cost_more_than_its_median_wins_is_no_winner() -> None:
    first, second = simulation.two_lanes(np.random.default_rng(4), 1.5, 0.001, 3)
    assert compare(first, second).verdict == "first faster"
    stalled = [replace(run, steps=_stalled(run)) for run in first]
    found = compare(stalled, second)
    assert found.verdict == "inconclusive"
    assert "the mean step says the opposite" in str(found.doubt)


def test_a_single_turn_that_makes_the_means_equal_leaves_no_winner() -> None:
    first, second = simulation.two_lanes(np.random.default_rng(4), 1.5, 0.001, 1)
    values = first[0].steps.values.copy()
    place = STEP_COLUMNS.index("total_ns")
    values[:16, place] += 0.6 * values[:, place].sum() / 16
    stalled = replace(first[0], steps=Steps(values))
    assert compare(first, second).verdict == "first faster"
    assert "the mean step says the opposite: ratio 0.9" in str(compare([stalled], second).doubt)


def _stalled(run: RunHistory) -> Steps:
    """Every tenth step takes twenty times as long."""
    values = run.steps.values.copy()
    values[::10, STEP_COLUMNS.index("total_ns")] *= 20
    return Steps(values)


def test_a_lane_that_failed_has_no_verdict() -> None:
    first, second = simulation.two_lanes(np.random.default_rng(4), 1.5, 0.001, 1)
    killed = [replace(run, events=(Event(1, run.run.id, "status", {"status": "killed"}),)) for run in first]
    runs = (*killed, *second)
    assert [*lane_comparisons(SessionHistory({}, 0, True, runs), runs[0].run.task)] == []
