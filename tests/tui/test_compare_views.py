"""What a comparison becomes for its screen."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from made_recordings import KEY, recording, run, steps

from dlprof.session.compare.comparison import compare
from dlprof.session.compare.recording import Key, Recording, Trial
from dlprof.tui.compare_views import CompareView, compare_view, sign_of

BEFORE, AFTER = (0, 2, 4, 6, 8), (1, 3, 5, 7, 9)
CALM = (0.0, 0.004, -0.004, 0.002, -0.002)


def view(baseline: list[Recording], candidate: list[Recording]) -> CompareView:
    sides = ([(Path(one.label), one) for one in side] for side in (baseline, candidate))
    return compare_view(compare(baseline, candidate), *sides)


@pytest.mark.parametrize(
    ("verdict", "sign"),
    [("slower", "!"), ("more", "!"), ("faster", "+"), ("less", "+"), ("same", "="), ("inconclusive", "?")],
)
def test_every_verdict_has_a_sign(verdict: str, sign: str) -> None:
    assert sign_of(verdict) == sign


def test_a_change_is_there_in_figures_words_and_sign() -> None:
    found = view(steps(CALM, BEFORE), steps([log + 0.1 for log in CALM], AFTER))
    (shown,) = found.runs
    (step,) = shown.rows
    assert (step.verdict, step.sign, step.changed, step.gates) == ("slower", "!", True, True)
    assert (step.baseline, step.candidate, step.ratio) == ("1.000 ms", "1.105 ms", "1.105")
    assert step.interval is not None
    assert step.interval.low < step.interval.centre < step.interval.high
    assert step.interval.centre == pytest.approx(0.1)
    assert shown.headline == "step slower, +10.5 %"
    assert found.half_log == pytest.approx(step.interval.high)
    assert "regression" in found.outcome


def test_the_scale_holds_two_margins_and_at_most_a_factor_of_two() -> None:
    assert view(steps(CALM, BEFORE), steps(CALM[::-1], AFTER)).half_log == pytest.approx(2 * math.log(1.03))
    assert view(steps(CALM, BEFORE), steps([log + 2 for log in CALM], AFTER)).half_log == pytest.approx(math.log(2))


def test_deployments_have_a_ratio_and_no_verdict_where_no_spread_is_known() -> None:
    sides = (
        [recording(run({"step": 1.0}, trials={"onnx": Trial({"bytes": 2.0**20, "save_ms": ms})}), at=at)]
        for at, ms in enumerate((10.0, 15.0))
    )
    (shown,) = view(*sides).runs
    (onnx,) = shown.formats
    size, save = onnx.rows
    assert (onnx.name, size.verdict, size.sign, size.ratio) == ("onnx", "same", "=", "1.000")
    assert (save.baseline, save.candidate, save.ratio) == ("10.00 ms", "15.00 ms", "1.500")
    assert (save.verdict, save.sign, save.interval, save.changed) == ("no spread", " ", None, False)
    assert onnx.reasons[0].startswith("no spread: too few trials")
    assert shown.headline == "step inconclusive, +0.0 %"


def test_what_is_on_one_side_only_and_what_differs_is_named() -> None:
    other = Key("mnist-mlp", "keras", "default")
    baseline = [recording(run({"step": 1.0}), run({"step": 2.0}, other), at=0, versions={"numpy": "1"})]
    candidate = [recording(run({"step": 1.0}), at=1, versions={"numpy": "2"})]
    found = view(baseline, candidate)
    assert found.missing == ("mnist-mlp keras: only in the baseline",)
    assert found.differences == ("versions numpy: 1 -> 2",)


def test_a_run_is_opened_in_the_newest_recording_that_has_it_when_its_last_turn_ended() -> None:
    first = recording(run({"step": 1.0}, ended_ns=5), at=0)
    later = recording(run({"step": 1.0}, ended_ns=7), at=2)
    newest = replace(recording(run({"step": 1.0}, Key("other", "torch", "default")), at=4))
    candidate = recording(run({"step": 1.0}, ended_ns=9), at=1)
    (shown,) = view([newest, first, later], [candidate]).runs
    assert shown.key == KEY
    assert [(opening.path.name, opening.t_ns) for opening in shown.opening] == [("r2", 7), ("r1", 9)]
    assert {(opening.task, opening.lane) for opening in shown.opening} == {(KEY.task, KEY.lane)}
