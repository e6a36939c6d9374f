"""Margins, chances and families."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from dlprof.session.effects import LEVEL, MARGIN, Effect, Finding, holm
from dlprof.session.estimators import t_quantile, t_tails


@pytest.mark.parametrize("degrees", [1, 2, 5, 8, 30])
def test_tails_of_t_undo_its_quantiles(degrees: int) -> None:
    for probability in (0.95, 0.975, 0.999):
        assert t_tails(t_quantile(probability, degrees), degrees) == pytest.approx(2 * (1 - probability), rel=1e-6)


def test_with_many_degrees_t_is_the_normal() -> None:
    assert t_tails(1.96, 10**9) == pytest.approx(2 * NormalDist().cdf(-1.96))
    assert t_tails(1.96, 999) == pytest.approx(t_tails(1.96, 1000), rel=0.01)


@pytest.mark.parametrize("assumed", [False, True])
def test_a_change_is_named_where_its_interval_says_so(assumed: bool) -> None:
    none = math.log1p(MARGIN) if assumed else 0.0
    for log in np.linspace(-0.12, 0.12, 97):
        effect = Effect(float(log), 0.02, 6, assumed)
        low, high = (math.log(end) for end in effect.interval)
        beyond = (log > math.log1p(MARGIN) and low > none) or (log < -math.log1p(MARGIN) and high < -none)
        named = effect.finding(MARGIN, effect.chance(MARGIN))
        assert (named in (Finding.ABOVE, Finding.BELOW)) == beyond, log


def test_the_smallest_change_that_is_named_is_named() -> None:
    for assumed in (False, True):
        effect = Effect(0.0, 0.03, None, assumed)
        limit = math.log(effect.named_from(MARGIN))
        just, less = (Effect(limit * factor, 0.03, None, assumed) for factor in (1.001, 0.999))
        assert just.finding(MARGIN, just.chance(MARGIN)) is Finding.ABOVE
        assert less.finding(MARGIN, less.chance(MARGIN)) is Finding.UNDECIDED


def test_same_is_what_both_one_sided_tests_say() -> None:
    assert Effect(0.0, 0.01, None, False).finding(MARGIN, 1.0) is Finding.SAME
    assert Effect(0.0, 0.02, None, False).finding(MARGIN, 1.0) is Finding.UNDECIDED
    assert Effect(0.025, 0.01, None, False).finding(MARGIN, 0.01) is Finding.UNDECIDED


def test_values_that_never_vary_are_judged_too() -> None:
    assert Effect(0.0, 0.0, 2, False).finding(MARGIN, Effect(0.0, 0.0, 2, False).chance(MARGIN)) is Finding.SAME
    assert Effect(0.1, 0.0, 2, False).chance(MARGIN) == 0


def test_ratios_stay_finite() -> None:
    effect = Effect(690.0, 50.0, 1, False)
    assert all(math.isfinite(value) for value in (effect.ratio, *effect.interval, effect.named_from(MARGIN)))


def test_holm_as_in_his_table() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_a_family_of_many_rows_errs_as_often_as_one() -> None:
    random = np.random.default_rng(1)
    families = random.uniform(size=(2000, 12))
    wrong = sum(min(holm(list(family))) <= LEVEL for family in families)
    assert wrong <= 0.065 * len(families)
