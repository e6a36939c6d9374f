from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import simulation

from dlprof.session.disturbance import (
    NONE_KNOWN,
    REASONS,
    are_most,
    disturbances,
    usable_cores,
    without_disturbed,
)
from dlprof.session.history import SessionHistory
from dlprof.session.records import COLD, Turn
from dlprof.session.report.figures import report
from dlprof.session.report.text import report_text

META: dict[str, Any] = {"name": "x", "started_at": "now", "machine": {"cpu": "a", "cores": {"usable": 2}}}


@pytest.mark.parametrize(
    ("others", "steal", "throttled", "reason"),
    [
        (None, None, None, None),
        (100, 100, 10, None),
        (101, 0, 0, "other processes"),
        (0, 101, None, "hypervisor"),
        (None, 0, 11, "cpu quota"),
    ],
)
def test_a_turn_is_disturbed_beyond_the_thresholds(
    others: int | None, steal: int | None, throttled: int | None, reason: str | None
) -> None:
    (found,) = disturbances([Turn(1, 0, 500, 1500, True, True, others, steal, throttled)], 2)
    assert (None if found == NONE_KNOWN else REASONS[found]) == reason


def test_the_cores_come_from_the_session_or_are_not_known() -> None:
    assert usable_cores(META) == 2
    assert usable_cores({"machine": {"cores": {"logical": 8}}}) == 8
    for rubbish in ({}, {"machine": None}, {"machine": {"cores": []}}, {"machine": {"cores": {"usable": "two"}}}):
        assert usable_cores(rubbish) is None


def session(meta: dict[str, Any], others_cpu_ns: int | None) -> SessionHistory:
    """Eight turns of 16 steps, of which the third and fourth ran three times as long beside another process."""
    of_turn = np.repeat(np.arange(8), 16)
    suffered = np.isin(of_turn, (2, 3))
    flags = np.where(np.arange(len(of_turn)) % 16 < 2, COLD, 0)
    turns = tuple(
        Turn(1, i, i * 1000, i * 1000 + 900, True, True, others_cpu_ns if i in (2, 3) else 0, None, None)
        for i in range(8)
    )
    steps = simulation.steps_of(np.where(suffered, 3.0, 1.0) * simulation.MS, of_turn, flags)
    return SessionHistory(meta, 1, True, (simulation.run_of(1, "a", 0, steps, turns),))


def test_disturbed_turns_are_counted_and_can_be_left_out() -> None:
    history = session(META, 800)
    figures = report(history)
    run = figures["runs"][0]
    assert run["turns"] == {"total": 8, "disturbed": 2, "reasons": {"other processes": 2}, "left_out": 0}
    assert run["step"]["p95_ms"] == 3
    assert run["steps"]["counted"] == 8 * 14
    figures = report(without_disturbed(history))
    run = figures["runs"][0]
    assert figures["session"]["leaves_out_disturbed"]
    assert run["turns"] == {"total": 8, "disturbed": 2, "reasons": {"other processes": 2}, "left_out": 2}
    assert run["step"]["p95_ms"] == 1
    assert (run["steps"]["recorded"], run["steps"]["counted"], run["steps"]["left_out"]) == (128, 6 * 14, 2 * 14)
    assert run["steps"]["cold"] == 16
    assert "2 left out" in report_text(figures, 100)
    assert report_text(figures, 100).splitlines()[2] == "disturbed turns left out: 2"
    assert "left out:" not in report_text(report(history), 100)


def test_where_nothing_is_left_the_report_says_so() -> None:
    history = session(META, 800)
    (run,) = history.runs
    turns = tuple(replace(turn, others_cpu_ns=800) for turn in run.turns)
    figures = report(without_disturbed(replace(history, runs=(replace(run, turns=turns),))))
    assert figures["runs"][0]["steps"]["counted"] == 0
    assert "disturbed turns left out: 8; nothing is left of a" in report_text(figures, 100)


def test_most_are_more_than_half() -> None:
    assert not are_most(0, 0)
    assert not are_most(4, 8)
    assert are_most(5, 8)


def test_what_was_not_watched_is_not_called_undisturbed() -> None:
    history = session(META, 0)
    unwatched = tuple(replace(turn, others_cpu_ns=None) for turn in history.runs[0].turns)
    turns = report(replace(history, runs=(replace(history.runs[0], turns=unwatched),)))["runs"][0]["turns"]
    assert (turns["disturbed"], turns["disturbed_reason"]) == (None, "not known what else went on")
    turns = report(session({**META, "machine": {}}, 800))["runs"][0]["turns"]
    assert (turns["disturbed"], turns["disturbed_reason"]) == (None, "the machine's cores are not known")
    figures = report(without_disturbed(session({**META, "machine": {}}, 800)))
    assert figures["runs"][0]["steps"]["left_out"] == 0
    assert "disturbed turns left out: 0; not known of a" in report_text(figures, 100)
