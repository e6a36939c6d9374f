"""Recordings of a made lane, in a process of its own, with and without stacks."""

from pathlib import Path

import pytest
from made_lanes import interpreter_with_lanes, record

from dlprof.profilers.recorder.plan import LanePlan, Plan, TaskPlan
from dlprof.session.file import SessionReader
from dlprof.session.history import RunHistory
from dlprof.session.overhead import sampling_cost
from dlprof.session.report.figures import report
from dlprof.session.statistics import NotAvailable

pytestmark = pytest.mark.slow
NOT_ASKED_FOR = "not asked for (--stacks-hz 0)"


def hot_lane(folder: Path, stacks_hz: int) -> tuple[RunHistory, dict[str, object]]:
    """A recording of a lane that computes in Python: what is known of it, and the report's figures of its stacks."""
    lanes = (LanePlan("hot", "torch", "hot", interpreter_with_lanes(folder), "cpu"),)
    path = folder / "a.dlprof"
    record(Plan(str(path), "stacks", lanes, (TaskPlan("none", 1),), duration_s=2.0, stacks_hz=stacks_hz))
    history = SessionReader(path).history()
    return history.runs[0], report(history)["runs"][0]["stacks"]


def test_stacks_that_were_not_asked_for_are_not_sampled_and_say_so(tmp_path: Path) -> None:
    run, stacks = hot_lane(tmp_path, 0)
    assert not any(turn.sampled for turn in run.turns)
    assert {(segment.reason, len(segment.spans)) for segment in run.segments} == {(NOT_ASKED_FOR, 0)}
    assert (stacks["samples"], stacks["samples_reason"]) == (None, NOT_ASKED_FOR)
    assert sampling_cost(run) == NotAvailable("no stacks were sampled")
    assert run.steps.counts.dark, "what stamps cost is weighed all the same"


def test_stacks_are_sampled_in_three_turns_of_four(tmp_path: Path) -> None:
    run, stacks = hot_lane(tmp_path, 50)
    assert {segment.reason for segment in run.segments} == {None}
    assert any(segment.spans for segment in run.segments)
    assert stacks["samples"]
    assert {turn.sampled for turn in run.turns} == {0, 1}
