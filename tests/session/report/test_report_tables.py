"""The tables of a report: figures over starts, and winners only where the interval names one."""

import json
from dataclasses import replace

import numpy as np
import pytest
import simulation
from made_reports import CLOCKS, MIB, deployed, report_of, row, two_lanes, with_events

from dlprof.session.estimators import t_quantile
from dlprof.session.history import RunHistory
from dlprof.session.records import HostMemory, Probe, Turn
from dlprof.session.report.judging import Measured, figure
from dlprof.session.report.wording import figure_text, spread_text


def test_five_starts_name_the_faster_lane_of_every_judged_phase() -> None:
    figures = report_of(two_lanes(1.1, 5))
    json.dumps(figures, allow_nan=False)
    for quantity in ("step", "forward", "backward"):
        found = row(figures, "time", quantity)
        assert (found["winner"], found["ahead_of"], found["by"]) == ("a", "b", ["a", "b"])
        assert found["ci95"][0] <= 1.1 <= found["ci95"][1]
        assert {lane["kind"] for lane in found["lanes"].values()} == {"host"}
    (pair,) = figures["lanes"]
    assert row(figures, "time", "step")["ratio"] == pair["step_ratio"]
    assert row(figures, "time", "data")["winner_reason"] == "not judged: the step decides"


def test_a_figure_is_the_mean_over_starts_with_student_s_interval() -> None:
    figures = report_of(two_lanes(1, 5))
    of_starts = [run["step"]["median_ms"] for run in figures["runs"] if run["lane"] == "a"]
    found = row(figures, "time", "step")["lanes"]["a"]
    logs = np.log(of_starts)
    half = t_quantile(0.975, 4) * logs.std(ddof=1) / np.sqrt(5)
    wanted = np.exp([logs.mean(), logs.mean() - half, logs.mean() + half])
    assert [found["value"], found["low"], found["high"]] == pytest.approx([*wanted])
    assert (found["interval"], found["starts"]) == ("starts", 5)


def test_what_can_be_below_0_is_averaged_as_it_is() -> None:
    found = figure([Measured(0, -1.0), Measured(1, 1.0), Measured(2, 3.0)])
    assert found["value"] == 1
    assert found["high"] - 1 == 1 - found["low"] == pytest.approx(t_quantile(0.975, 2) * 2 / np.sqrt(3))


def test_one_start_has_the_interval_of_its_turns_and_two_their_span() -> None:
    alone = report_of(two_lanes(1, 1))
    found = row(alone, "time", "step")["lanes"]["a"]
    assert [found["low"], found["high"]] == alone["runs"][0]["step"]["ci95_ms"]
    assert found["interval"] == "turns"
    memory = row(alone, "memory", "host_peak_bytes")["lanes"]["a"]
    assert (memory["low"], memory["interval"]) == (None, None)
    found = row(report_of(two_lanes(1, 2)), "memory", "host_peak_bytes")["lanes"]["a"]
    assert (found["low"], found["high"], found["interval"]) == (100 * MIB, 100 * MIB + 1, "span")


def test_equal_lanes_have_no_winner() -> None:
    found = row(report_of(two_lanes(1, 5)), "time", "step")
    assert found["winner"] is None
    assert found["winner_reason"] == "the same within 3%"
    found = row(report_of(two_lanes(1.05, 1)), "time", "forward")
    assert found["winner"] is None
    assert "fewer than 3 repeats" in found["winner_reason"]


def test_memory_names_the_smaller_lane_and_the_size_of_the_data() -> None:
    figures = report_of(two_lanes(1, 3))
    (table,) = [one for one in figures["tables"] if one["table"] == "memory"]
    assert table["data"] == {"bytes": 5_000_000, "samples": 1280}
    found = row(figures, "memory", "host_peak_bytes")
    assert (found["winner"], found["ratio"]) == ("a", pytest.approx(2, rel=1e-4))
    missing = row(figures, "memory", "gpu_process_peak_bytes")
    assert missing["lanes"]["a"]["value"] is None
    assert missing["lanes"]["a"]["value_reason"]
    assert missing["winner_reason"] == "nothing to compare"


def test_a_lane_that_did_not_come_to_a_step_has_no_peak_of_training() -> None:
    runs = [
        replace(run, steps=run.steps.until(0), turns=(), events=()) if run.run.lane == "a" else run
        for run in two_lanes(1, 3)
    ]
    found = row(report_of(runs), "memory", "host_peak_bytes")
    assert (found["winner"], found["lanes"]["a"]["value"]) == (None, None)
    assert found["lanes"]["a"]["value_reason"] == "it did not get past its warm-up: what it held is no peak of training"
    assert found["lanes"]["b"]["value"]


def test_peaks_of_different_series_are_not_compared() -> None:
    runs = two_lanes(1, 3)
    other = [with_events(run, ("described", {"host_peak_since": "start"})) for run in runs if run.run.lane == "b"]
    found = row(report_of([*runs[:3], *other]), "memory", "host_peak_bytes")
    assert found["winner"] is None
    assert found["winner_reason"] == "a and b: taken from different series: rss since start and rss since training"
    assert found["lanes"]["b"]["kind"] == "rss since start"


def proportional(run: RunHistory) -> RunHistory:
    """The run with a sample of proportional memory, of lane `b` twice that of `a`."""
    held = (1 + (run.run.lane == "b")) * 100 * MIB
    sample = HostMemory(run.run.id, 1, held, 2 * held, 2 * held, 3, held)
    return replace(run, host=(sample,), turns=(Turn(run.run.id, 0, 0, 2, False),))


@pytest.mark.parametrize(("schedule", "winner"), [("turns", None), ("parallel", None), ("sequential", "a")])
def test_proportional_peaks_of_lanes_that_are_alive_at_once_name_no_winner(schedule: str, winner: str | None) -> None:
    runs = [proportional(run) for run in two_lanes(1, 3)]
    found = row(report_of(runs, schedule=schedule, settings={"workers": 2}), "memory", "host_peak_bytes")
    assert found["winner"] == winner
    assert figure_text("bytes", found["lanes"]["a"]) == "100 MiB ±0.0 % PSS"
    if winner is None:
        assert "a page that another lane has too counts in part" in found["winner_reason"]


def test_a_lane_of_which_a_start_failed_wins_nothing() -> None:
    runs = two_lanes(1.5, 3)
    failed = with_events(runs[1], ("status", {"status": "failed", "cause": "out of memory"}))
    figures = report_of([runs[0], failed, *runs[2:]])
    found = row(figures, "time", "step")
    assert (found["winner"], found["winner_reason"]) == (None, "nothing to compare")
    assert found["lanes"]["a"]["starts"] == 2
    figures = report_of([with_events(run, ("status", {"status": "failed", "cause": "no"})) for run in runs[:3]])
    assert row(figures, "time", "step")["lanes"]["a"]["value_reason"] == "failed: no"


def test_an_estimate_names_no_winner() -> None:
    clocks = {"data": "host", "forward": "probe", "backward": "probe", "step": "host"}
    runs = [with_events(run, ("described", {"clocks": clocks})) for run in two_lanes(1.5, 5)]
    found = row(report_of(runs), "time", "forward")
    assert found["winner"] is None


@pytest.mark.parametrize(
    ("graph", "ratio", "winner"),
    [("a", 1.5, "a"), ("a", 1.2, None), ("b", 1.2, "a"), ("a", 1.0, None), ("both", 1.2, "a"), ("neither", 1.2, "a")],
)
def test_a_phase_timed_inside_a_graph_wins_only_with_all_of_its_other(
    graph: str, ratio: float, winner: str | None
) -> None:
    clocks = CLOCKS | dict.fromkeys(("forward", "backward", "optimizer"), "in-graph")
    runs = [
        with_events(run, ("described", {"clocks": clocks})) if graph in (run.run.lane, "both") else run
        for run in two_lanes(ratio, 5)
    ]
    found = row(report_of(runs), "time", "forward")
    assert found["winner"] == winner
    doubted = winner is None
    assert ("what it takes to call a's graph is in its other" in str(found.get("winner_reason"))) is doubted


def test_an_estimate_of_one_start_has_the_interval_of_its_probes() -> None:
    clocks = {"data": "host", "forward": "probe", "backward": "probe", "step": "host"}
    probes = tuple(Probe(1, t_ns, (2 + t_ns % 3) * simulation.MS, 4 * simulation.MS) for t_ns in range(30))
    (run, other) = (
        replace(with_events(run, ("described", {"clocks": clocks})), probes=probes) for run in two_lanes(1, 1)
    )
    lane = row(report_of([run, other]), "time", "forward")["lanes"]["a"]
    assert (lane["value"], lane["low"], lane["high"], lane["interval"]) == (3, 2, 4, "turns")


def test_deployment_has_the_best_format_that_predicts_the_same() -> None:
    runs = two_lanes(1, 3)
    runs = [deployed(deployed(run, "slow", 900), "wrong", 1, difference=0.5) for run in runs]
    runs = [deployed(run, "quick", 100 + run.run.repeat) if run.run.lane == "b" else run for run in runs]
    figures = report_of(runs)
    found = row(figures, "deployment", "cold_start_ms")
    assert [lane["note"] for lane in found["lanes"].values()] == ["slow", "quick"]
    assert (found["winner"], found["lanes"]["b"]["value"]) == ("b", pytest.approx((100 * 101 * 102) ** (1 / 3)))
    assert row(figures, "deployment", "samples_per_s")["winner"] == "b"
    formats = row(figures, "deployment", "formats")["lanes"]
    assert [figure_text("count", lane) for lane in formats.values()] == ["1 of 2", "2 of 3"]
    packages = row(figures, "deployment", "install_distributions")["lanes"]["a"]
    assert figure_text("count", packages) == "3"
    assert row(figures, "deployment", "install_bytes")["winner_reason"] == "the same within 3%"
    tables = {table["table"]: table for table in report_of(two_lanes(1, 1))["tables"]}
    assert tables["deployment"]["rows"] == []


def test_averages_are_named_where_there_are_two_kinds() -> None:
    metrics = {"loss": 0.5, "accuracy": 0.9, "precision": 0.8, "recall": 0.7, "f1": 0.75}
    macro = {"precision_macro": 0.6, "recall_macro": 0.5, "f1_macro": 0.55}
    (run, other) = two_lanes(1, 1)
    figures = report_of([with_events(run, ("metrics", metrics)), other])
    assert row(figures, "evaluation", "f1")["label"] == "F1"
    assert row(figures, "evaluation", "f1")["lanes"]["b"]["value_reason"] == "the run was not evaluated"
    figures = report_of([with_events(run, ("metrics", metrics | macro)), other])
    labels = {row["label"]: row["lanes"]["a"]["value"] for row in figures["tables"][-1]["rows"]}
    assert (labels["F1, micro"], labels["F1, macro"]) == (0.75, 0.55)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.9, 1.1, "±10 %"), (0.97, 1.48, "-3 % +48 %"), (0.999, 1.02, "±1.1 %"), (1.0, 1.0, "±0.0 %")],
)
def test_an_interval_that_is_lopsided_has_both_its_ends(low: float, high: float, said: str) -> None:
    assert spread_text({"value": 1.0, "low": low, "high": high}) == said
