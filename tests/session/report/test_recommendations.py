"""What a report recommends, and when it does not."""

from typing import Any

from made_reports import deployed, report_of, two_lanes, with_events

from dlprof.session.report.recommendations import recommendations
from dlprof.session.report.text import report_text


def of(figures: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["purpose"]: one for one in figures["recommendations"]}


def test_the_three_with_the_figures_that_carry_them() -> None:
    runs = [deployed(run, "file", 100 if run.run.lane == "b" else 300) for run in two_lanes(1.2, 5)]
    figures = report_of(runs)
    found = of(figures)
    assert [(purpose, one["lane"]) for purpose, one in found.items()] == [
        ("fast training", "a"),
        ("small memory", "a"),
        ("easy deployment", "b"),
    ]
    assert found["fast training"]["figures"] == [{"task": "mnist-mlp", "table": "time", "quantity": "step"}]
    assert [one["quantity"] for one in found["small memory"]["figures"]] == ["host_peak_bytes"]
    assert found["easy deployment"]["wins"] == {"b": 2}
    text = " ".join(report_text(figures, 80).split())
    assert "fast training: a, which wins 1 of 1 figures and is beaten in none" in text
    assert "mnist-mlp, step: a, 1.2" in text


def test_no_clear_winner_says_why() -> None:
    found = of(report_of(two_lanes(1, 5)))
    assert (found["fast training"]["lane"], found["fast training"]["lane_reason"]) == (None, "the same within 3%")
    assert found["easy deployment"]["lane_reason"] == "nothing was measured of it"
    text = " ".join(report_text(report_of(two_lanes(1, 5)), 80).split())
    assert "fast training: no clear winner here: the same within 3%" in text


def test_of_lanes_that_ran_at_once_none_is_faster() -> None:
    found = of(report_of(two_lanes(1.5, 5), schedule="parallel"))
    assert found["fast training"]["lane"] is None
    assert "record in turns" in found["fast training"]["lane_reason"]
    [pair] = report_of(two_lanes(1.5, 5), schedule="parallel")["lanes"]
    assert (pair["verdict"], pair["reason"]) == (
        "inconclusive",
        "the lanes ran at once and slowed each other down: record in turns",
    )
    assert found["small memory"]["lane"] == "a"


def test_a_lane_that_failed_is_not_recommended() -> None:
    runs = two_lanes(1.5, 5)
    broken = with_events(runs[0], ("status", {"status": "failed", "cause": "no"}))
    found = of(report_of([broken, *runs[1:]]))
    assert found["fast training"]["lane"] is None


def test_one_who_is_beaten_anywhere_is_no_clear_winner() -> None:
    def table(task: str, first_better: str, winner: str) -> dict[str, Any]:
        pair = {"pair": ["a", "b"], "better": first_better}
        rows = [{"quantity": "step", "label": "step", "winner": winner, "pairs": [pair]}]
        return {"task": task, "table": "time", "rows": rows}

    tables = [table("one", "first", "a"), table("two", "first", "a"), table("three", "second", "b")]
    fast, *_ = recommendations(tables, [])
    assert (fast["lane"], fast["lane_reason"]) == (None, "a wins 2 of 3, but is beaten in three, step")
    fast, *_ = recommendations(tables[:2], [])
    assert (fast["lane"], fast["wins"]) == ("a", {"a": 2})
    fast, *_ = recommendations(tables[:2], [{"lane": "a", "status": "killed"}])
    assert fast["lane_reason"] == "a wins 2 of 2, but a run of it failed"
