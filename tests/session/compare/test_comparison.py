"""Rows, verdicts, gates and refusals."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_recordings import EXTENT, KEY, between, recording, run, steps

from dlprof.session.compare.comparison import compare
from dlprof.session.compare.model import Comparison, Row
from dlprof.session.compare.quantities import Measure
from dlprof.session.compare.recording import Key, Recording
from dlprof.session.errors import NotComparable, Refused
from dlprof.session.liveness import own_entry
from dlprof.session.turn_medians import TurnMedians

CALM = (0.0, 0.004, -0.004, 0.002, -0.002)
BEFORE, AFTER = (0, 2, 4, 6, 8), (1, 3, 5, 7, 9)


WILD = (0.0, 0.02, -0.02, 0.02, -0.02)


def five(change: float = 0.0, at: tuple[int, ...] = AFTER, key: Key = KEY) -> list[Recording]:
    return steps([log + change for log in CALM[::-1]], at, key)


def row(found: Comparison, quantity: str = "step") -> Row:
    return next(row for lane in found.lanes for row in lane.rows if row.quantity.key == quantity)


def one(values: dict[str, float], at: int = 0, **changes: Any) -> Recording:
    return recording(run(values, **changes), at=at)


@pytest.mark.parametrize(
    ("change", "verdict", "outcome", "code"),
    [
        (0.05, "slower", "regression", 1),
        (-0.05, "faster", "passed", 0),
        (0.0, "same", "passed", 0),
    ],
)
def test_the_gate_decides_the_outcome(change: float, verdict: str, outcome: str, code: int) -> None:
    found = compare(five(at=BEFORE), five(change))
    assert (row(found).verdict, found.outcome, found.exit_code) == (verdict, outcome, code)
    assert row(found).reason is None


def test_recordings_that_differ_widely_are_inconclusive() -> None:
    found = compare(five(at=BEFORE), steps([log * 2 for log in WILD], AFTER))
    assert (row(found).verdict, found.outcome, found.exit_code) == ("inconclusive", "inconclusive", 3)
    assert row(found).reason == "within the margin, but the interval reaches beyond it"
    found = compare(five(at=BEFORE), steps([log * 4 + 0.04 for log in WILD], AFTER))
    assert row(found).reason == "beyond the margin, but the recordings differ too much from one another"


@pytest.mark.parametrize(
    ("quantity", "more", "less"),
    [("throughput", "faster", "slower"), ("host_peak_bytes", "more", "less"), ("forward", "slower", "faster")],
)
def test_each_quantity_has_its_own_words(quantity: str, more: str, less: str) -> None:
    sides = [[one({quantity: value}, at=at) for at in minutes] for value, minutes in ((100, BEFORE), (200, AFTER))]
    assert row(between(sides, gate=(quantity,)), quantity).verdict == more
    assert row(between(sides[::-1], gate=(quantity,)), quantity).verdict == less


def test_a_figure_is_the_mean_whose_ratio_is_shown() -> None:
    found = row(compare(five(at=BEFORE), five(0.05)))
    assert found.effect is not None
    assert found.baseline.value is not None
    assert found.candidate.value is not None
    assert found.candidate.value / found.baseline.value == pytest.approx(found.effect.ratio)


def test_rows_outside_the_gate_do_not_decide() -> None:
    sides = [
        [one({"step": 1.0 + index / 1000, "host_peak_bytes": size}, at=at) for index, at in enumerate(minutes)]
        for size, minutes in ((100, BEFORE), (200, AFTER))
    ]
    found = between(sides)
    assert row(found, "host_peak_bytes").verdict == "more"
    assert found.exit_code == 0
    assert between(sides, gate=("step", "memory")).exit_code == 1
    assert between(sides, gate=("host_peak_bytes",)).exit_code == 1


def test_the_gate_is_one_family() -> None:
    """A change that would be named alone is not among twenty rows that can each err."""
    lanes = [Key("mnist-mlp", f"lane{number}", "default") for number in range(20)]

    def side(changed: float, minutes: tuple[int, ...]) -> list[Recording]:
        noisy = [log * (6 if changed else -6) for log in CALM]
        return [
            recording(*(run({"step": 1 + noise + (changed if key is lanes[0] else 0)}, key) for key in lanes), at=at)
            for noise, at in zip(noisy, minutes, strict=True)
        ]

    baseline, candidate = side(0.0, BEFORE), side(0.06, AFTER)
    alone = [[replace(one, runs=one.runs[:1]) for one in both] for both in (baseline, candidate)]
    assert row(between(alone)).verdict == "slower"
    together = row(compare(baseline, candidate))
    assert together.verdict == "inconclusive"
    assert together.reason == "a change by itself, but not among 20 rows that are looked at together"


def test_a_failed_run_of_the_candidate_decides_whatever_else_is_seen() -> None:
    candidate = five()
    failed = run({"step": 1.0}, status="failed", cause="CUDA error")
    candidate[0] = replace(candidate[0], runs=(*candidate[0].runs, failed))
    found = compare(five(at=BEFORE), candidate)
    assert (found.outcome, found.exit_code) == ("failed", 1)
    assert [(one.side, one.cause) for one in found.failures] == [("candidate", "CUDA error")]
    basis = row(found).basis
    assert basis is not None
    assert basis.starts == (5, 5)
    assert compare(candidate, five(at=BEFORE)).exit_code == 0


def test_a_lane_of_which_nothing_is_left_has_a_reason() -> None:
    failed = [one({}, at=1, status="killed", cause="out of memory")]
    found = compare(five(at=BEFORE), failed)
    assert row(found).reason == "candidate: no run that did not fail"
    assert (row(found).verdict, found.exit_code) == ("inconclusive", 1)


def test_what_neither_side_has_does_not_decide() -> None:
    found = compare(five(at=BEFORE), five(), gate=("step", "memory"))
    assert row(found, "host_peak_bytes").reason == "no sample"
    assert not row(found, "host_peak_bytes").gates
    assert found.exit_code == 0
    assert found.notes == ("--gate memory has no row (host peak, GPU process peak, allocator peak: no sample)",)


def test_a_gate_of_nothing_is_refused() -> None:
    sides = five(at=BEFORE), five()
    with pytest.raises(NotComparable, match=r"nothing to decide by: --gate memory has no row \(host peak.*no sample\)"):
        between(sides, gate=("memory",))
    assert between(sides, gate=("memory",), force=True).exit_code == 3
    with pytest.raises(NotComparable, match="no lane beside the reference"):
        between(sides, reference="torch")
    failed = [one({}, at=1, status="killed", cause="out of memory")]
    assert between((sides[0], failed), gate=("memory",)).exit_code == 1


def test_what_one_side_has_not_is_undecided() -> None:
    candidate = [one({"step": 1.0, "host_peak_bytes": 5}, at=at) for at in AFTER]
    found = compare(five(at=BEFORE), candidate, gate=("memory",))
    assert row(found, "host_peak_bytes").reason == "baseline: no sample"
    assert found.exit_code == 3


def test_phases_of_different_clocks_are_not_compared() -> None:
    def side(clock: str, minutes: tuple[int, ...]) -> list[Recording]:
        made = run({"step": 1.0})
        return [
            recording(replace(made, measures={**made.measures, "forward": Measure(0.3, clock)}), at=at)
            for at in minutes
        ]

    found = row(compare(side("host", BEFORE), side("probe", AFTER)), "forward")
    assert (found.effect, found.verdict) == (None, "inconclusive")
    assert found.reason == "measured in different ways: host and probe"
    estimates = row(compare(side("probe", BEFORE), side("probe", AFTER)), "forward")
    assert estimates.candidate.is_estimate
    assert estimates.verdict == "same"


def test_zero_has_no_ratio() -> None:
    found = row(compare([one({"step": 0.0})], [one({"step": 1.0}, at=1)]))
    assert (found.effect, found.reason) == (None, "baseline: 0 or less")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch_size": 64}, "batch_size: 128 -> 64"),
        ({"precision": "bf16"}, "precision: fp32 -> bf16"),
        ({"device": "cuda:0"}, "kind of device: cpu -> cuda"),
        ({"parameters": 7}, "parameters: 101770 -> 7"),
    ],
)
def test_what_has_no_meaning_is_refused_unless_forced(change: dict[str, Any], words: str) -> None:
    made = run({"step": 1.0})
    made = replace(made, described={**made.described, "precision": "fp32"})
    other = replace(made, described={**made.described, **change})
    sides = [[recording(one, at=at)] for at, one in enumerate((made, other))]
    with pytest.raises(Refused, match=words) as refused:
        between(sides)
    assert len(str(refused.value).splitlines()) == 1
    forced = between(sides, force=True)
    assert words in forced.notes[0]
    assert forced.differences[0].blocks


def test_nothing_in_common_cannot_be_forced() -> None:
    other = [recording(run({"step": 1.0}, Key("mnist-mlp", "keras", "default")), at=1)]
    with pytest.raises(NotComparable, match="nothing in common: the baseline has mnist-mlp torch, the candidate"):
        compare([one({"step": 1.0})], other, force=True)
    with pytest.raises(NotComparable, match="the candidate no runs"):
        compare([one({"step": 1.0})], [recording(at=1)])


def test_modes_of_one_lane_are_not_one_thing() -> None:
    eager, compiled = (run({"step": 1.0}, Key("mnist-mlp", "torch", mode)) for mode in ("default", "compiled"))
    found = compare([recording(eager, compiled)], [recording(eager, at=1)])
    assert [str(lane.key) for lane in found.lanes] == ["mnist-mlp torch"]
    assert found.missing == ("mnist-mlp torch (compiled): only in the baseline",)


def test_one_recording_says_nothing_about_itself() -> None:
    first = recording(run({"step": 1.0}), recorder={"host": "h", "pid": 1, "start": 2.0})
    with pytest.raises(NotComparable, match="stands there twice"):
        compare([first], [replace(first, label="a copy")])
    assert compare([first], [first], force=True).exit_code == 3
    redacted = replace(first, meta={**first.meta, "id": "a", "recorder": None})
    original = replace(first, label="b", meta={**first.meta, "id": "a"})
    with pytest.raises(NotComparable, match="stands there twice"):
        compare([redacted], [original])


def test_a_redacted_copy_does_not_tell_its_host() -> None:
    gpu = {"uuid": "GPU-cafe", "name": "H100"}
    whole = recording(run({"step": 1.0}), machine={"cpu": "a", "host": "node-7", "gpus": [gpu]})
    hidden = {"machine": {"cpu": "b", "host": "host", "gpus": [{**gpu, "uuid": "GPU-1"}]}, "redacted": True}
    found = compare([whole], [recording(run({"step": 1.0}), at=1, **hidden)])
    assert [str(difference) for difference in found.differences] == ["machine cpu: a -> b"]
    assert found.notes == ("r1 is a redacted copy: whether it is of another host is not known",)


def test_what_differs_stands_on_top_and_does_not_stop() -> None:
    gpus = [
        {"gpus": [{"uuid": "G", "name": "H100", "driver": driver, "cuda": cuda}]}
        for driver, cuda in (("1", 0), ("2", 0))
    ]
    sides = [[recording(run({"step": 1.0}), at=at, machine=machine)] for at, machine in enumerate(gpus)]
    (difference,) = between(sides).differences
    assert (difference.where, difference.what, difference.blocks) == ("machine", "gpus", False)
    assert "driver 1" in difference.baseline
    assert "driver 2" in difference.candidate


def test_turns_and_parallel_are_not_compared() -> None:
    sides = [[recording(run({"step": 1.0}), at=at, schedule=s)] for at, s in enumerate(("turns", "parallel"))]
    with pytest.raises(NotComparable, match="schedule: turns -> parallel"):
        between(sides)
    sides = [[recording(run({"step": 1.0}), at=at, schedule=s)] for at, s in enumerate(("turns", "sequential"))]
    assert [str(one) for one in between(sides).differences] == ["settings schedule: turns -> sequential"]


def test_an_older_recording_that_does_not_say_is_compared() -> None:
    made = run({"step": 1.0})
    newer = replace(made, described={**made.described, "precision": "fp32"})
    (difference,) = compare([recording(made)], [recording(newer, at=1)]).differences
    assert str(difference) == "mnist-mlp torch precision: unknown -> fp32"


def test_a_description_that_is_none_is_borne() -> None:
    odd = recording(run({"step": 1.0}), machine="x", settings=[1], versions=None, schedule={"a": [1]}, recorder=3)
    assert compare([odd], [recording(run({"step": 1.0}), at=1)]).differences


def test_sides_far_apart_are_noted() -> None:
    found = compare(five(at=BEFORE), five(at=(1000, 1001, 1002, 1003, 1004)))
    assert "further apart" in found.notes[0]
    assert row(found).verdict == "inconclusive"
    assert "or more would be named: record several, in turn" in str(row(found).reason)


BOTH = Key("mnist-mlp", "pinned", "default")


def beside(change: float, minutes: tuple[int, ...]) -> list[Recording]:
    """Two lanes, of which one takes `change` longer, on a machine whose speed differs from recording to recording."""
    random, found = np.random.default_rng(minutes[0]), []
    for at, own in zip(minutes, CALM, strict=True):
        machine = float(random.choice([1.0, 1.3]))
        turns = machine * np.exp(random.normal(0, 0.002, (2, 8)))
        steps = {KEY: turns[0] * np.exp(own + change), BOTH: turns[1]}
        runs = (
            run({"step": float(np.median(step))}, key, turns=TurnMedians(np.arange(8.0), step * 1e6))
            for key, step in steps.items()
        )
        found.append(recording(*runs, at=at))
    return found


def test_a_lane_that_did_not_change_takes_the_machine_out() -> None:
    sides = beside(0.0, BEFORE), beside(0.05, AFTER)
    assert row(between(sides)).verdict == "inconclusive"
    found = between(sides, reference="pinned")
    assert row(found).verdict == "slower"
    effect = row(found).effect
    assert effect is not None
    assert effect.ratio == pytest.approx(1.05, abs=0.01)
    assert [str(key) for key, _ in found.gate_rows] == ["mnist-mlp torch"]
    assert "relative to lane pinned" in found.notes[0]
    same = compare(beside(0.0, BEFORE), beside(0.0, AFTER), reference="pinned")
    assert row(same).verdict == "same"


def test_a_reference_has_to_be_there_and_to_be_unchanged() -> None:
    sides = beside(0.0, BEFORE), beside(0.0, AFTER)
    with pytest.raises(NotComparable, match="no lane 'other' of mnist-mlp"):
        between(sides, reference="other")
    newer = [
        replace(
            one,
            runs=tuple(replace(run, described={**run.described, "framework_version": "2"}) for run in one.runs),
        )
        for one in sides[1]
    ]
    with pytest.raises(NotComparable, match="no reference: mnist-mlp pinned framework_version: unknown -> 2"):
        compare(sides[0], newer, reference="pinned")


def test_a_quantity_that_the_reference_has_not_is_not_compared() -> None:
    sides = [
        [recording(run({"step": 1.0, "forward": 0.3}), run({"step": 1.0}, BOTH), at=at) for at in minutes]
        for minutes in (BEFORE, AFTER)
    ]
    found = row(between(sides, reference="pinned"), "forward")
    assert found.verdict == "inconclusive"
    assert "next to the reference" in str(found.reason)


def test_a_start_of_too_few_turns_names_nothing_but_memory() -> None:
    few = TurnMedians(np.arange(2.0), np.full(2, 2e6))
    values = {"step": 2.0, "host_peak_bytes": 3e9}
    sides = [[one({"step": 1.0, "host_peak_bytes": 1e9})], [recording(run(values, turns=few), at=1)]]
    assert row(between(sides), "step").verdict == "inconclusive"
    assert "fewer than 3 turns" in str(row(between(sides), "step").reason)
    assert row(between(sides), "host_peak_bytes").verdict == "more"


def test_a_disturbed_recording_and_an_unfinished_one_are_noted() -> None:
    sound = one({"step": 1.0})
    for odd, words in (
        (disturbed(sound, 3), "b: 3 of 20 turns were disturbed from outside"),
        (replace(sound, meta={**sound.meta, "complete": False}, label="b"), "b is unfinished"),
    ):
        assert any(words in note for note in compare([sound], [odd]).notes)
    assert compare([sound], [disturbed(sound, 2)]).notes == ()


def disturbed(sound: Recording, turns: int) -> Recording:
    """With so many disturbed ones of 20 turns."""
    changed = replace(sound.runs[0], extent=replace(EXTENT, turns=20, disturbed=turns))
    return replace(sound, label="b", runs=(changed,))


def test_sides_that_were_disturbed_unlike_each_other_decide_nothing() -> None:
    sound, other = one({"step": 1.0}), one({"step": 30.0}, at=1)
    assert row(compare([sound], [other]), "step").verdict == "slower"
    found = compare([disturbed(sound, 1)], [replace(disturbed(other, 18), label="c")])
    assert row(found, "step").verdict == "inconclusive"
    assert "1 of 20 turns disturbed from outside in the baseline, 18 of 20" in str(row(found, "step").reason)
    alike = compare([disturbed(sound, 9)], [replace(disturbed(other, 10), label="c")])
    assert row(alike, "step").verdict == "slower"


def test_where_most_turns_were_disturbed_only_a_measured_spread_decides() -> None:
    before, after = (
        [replace(disturbed(one({"step": step + at / 100}, at=at), 18), label=f"{step} {at}") for at in range(5)]
        for step in (1.0, 30.0)
    )
    single = compare(before[:1], after[:1])
    assert row(single, "step").verdict == "inconclusive"
    assert "18 of 20 turns disturbed from outside in the baseline" in str(row(single, "step").reason)
    assert row(compare(before, after), "step").verdict == "slower"


@pytest.mark.parametrize(("status", "code"), [("interrupted", 1), ("stopped", 0)])
def test_a_candidate_that_ended_early_is_noted_and_fails_if_it_was_interrupted(status: str, code: int) -> None:
    sound, early = one({"step": 1.0}), one({"step": 1.0}, at=1, status=status)
    found = compare([sound], [early], margin=0.5)
    assert any(note.startswith("r1: ") for note in found.notes)
    assert found.exit_code == code


@pytest.mark.parametrize(("recorder", "words", "code"), [(None, "its recorder was killed", 1), ("own", "recorded", 0)])
def test_a_candidate_that_was_cut_off_fails_and_one_that_goes_on_does_not(
    recorder: str | None, words: str, code: int
) -> None:
    told = {"recorder": own_entry()} if recorder else {}
    cut = recording(run({"step": 1.0}, status="stepping"), at=1, complete=False, **told)
    found = compare([one({"step": 1.0})], [cut], margin=0.5)
    assert any(words in note for note in found.notes)
    assert found.exit_code == code
    finished = recording(run({"step": 1.0}), at=1, complete=False)
    assert compare([one({"step": 1.0})], [finished], margin=0.5).exit_code == 0


def test_another_batch_size_is_told_of_a_lane_that_failed_too() -> None:
    described = {"batch_size": 32, "device": "cpu"}
    failed = recording(run({}, status="failed", described=described), at=1)
    with pytest.raises(Refused, match="batch_size: 128 -> 32"):
        compare([one({"step": 1.0})], [failed])
