"""What the report says of costs, probes and lanes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import builder
import numpy as np
import pytest
import simulation

from dlprof.cli import main
from dlprof.session.disturbance import without_disturbed
from dlprof.session.history import STEP_COLUMNS, RunHistory, SessionHistory, Steps
from dlprof.session.records import COMPILED, DARK, WARM_UP, Event, Probe, Turn
from dlprof.session.report.figures import report
from dlprof.session.report.text import report_text

META: dict[str, Any] = {"name": "x", "started_at": "now", "machine": {"cpu": "a", "cores": {"usable": 2}}}


def figures_of(*runs: RunHistory) -> dict[str, Any]:
    figures = report(SessionHistory(META, 1, True, runs))
    json.dumps(figures, allow_nan=False)
    return figures


def test_the_own_cost_is_in_the_report() -> None:
    random = np.random.default_rng(1)
    stamped = simulation.lit_and_dark(random, 1.05)
    figures = figures_of(simulation.run_of(1, "a", 0, stamped))
    overhead = figures["runs"][0]["overhead"]
    assert overhead["ci95"][0] <= 1.05 <= overhead["ci95"][1]
    assert overhead["us_per_step"] > 0
    assert (overhead["stacks"], overhead["stacks_reason"]) == (None, "too short to say: 0 of 8 blocks of 8 turns")
    counts = figures["runs"][0]["steps"]
    assert counts["dark"] + counts["counted"] == counts["recorded"] == 4080
    lines = report_text(figures, 100).splitlines()
    place = next(place for place, line in enumerate(lines) if line.startswith("cost of stamps"))
    assert f"{overhead['ratio'] - 1:+.1%} \u00b1" in lines[place]
    assert lines[place + 1].split() == ["us", "a", "step", f"{overhead['us_per_step']:,.0f}"]
    assert "a cost of stacks: too short to say: 0 of 8 blocks of 8 turns" in lines
    costly = [line for line in lines if line.startswith("a: its stamps take +")]
    assert len(costly) == 1
    faster = figures_of(simulation.run_of(1, "a", 0, simulation.lit_and_dark(random, 0.95)))
    (line,) = [line for line in report_text(faster, 200).splitlines() if line.startswith("a: its stamps take -")]
    assert line.endswith("less than nothing, so more than the stamps differs between steps with and without")
    unstamped = figures_of(simulation.run_of(1, "a", 0, simulation.lit_and_dark(random, 1)))
    assert not [line for line in report_text(unstamped, 100).splitlines() if "its stamps take" in line]


def test_how_long_compiling_took_is_said_with_that_of_the_warm_up() -> None:
    steps = Steps(simulation.lit_and_dark(np.random.default_rng(1), 1).values.copy())
    flags, totals = (steps.values[:, STEP_COLUMNS.index(name)] for name in ("flags", "total_ns"))
    flags[[0, 1, 30]] = [WARM_UP | COMPILED, WARM_UP, COMPILED | DARK]
    totals[[0, 30]] = 1.5e9, 0.25e9
    figures = figures_of(simulation.run_of(1, "a", 0, steps))
    assert figures["runs"][0]["compiling"] == {"steps": 2, "seconds": 1.75, "clock": "host"}
    assert (
        "a: 2 steps that traced or compiled, in the warm-up or later, took 1.8 s"
        in report_text(figures, 100).splitlines()
    )


def test_the_cost_of_stacks_stands_beside_that_of_stamps() -> None:
    random = np.random.default_rng(5)
    turns = tuple(Turn(1, i, i * 1000, i * 1000 + 900, True, bool(random.random() > 0.25)) for i in range(170))
    run = simulation.run_of(1, "a", 0, simulation.lit_and_dark(random, 1), turns)
    stacks = figures_of(run)["runs"][0]["overhead"]["stacks"]
    assert stacks["ci95"][0] <= 1 <= stacks["ci95"][1]
    probed = replace(run, steps=run.steps.counted)
    overhead = figures_of(probed)["runs"][0]["overhead"]
    assert (overhead["ratio"], overhead["ratio_reason"]) == (None, "nothing is stamped inside its steps")
    assert overhead["stacks"]["ratio"] > 0


def test_a_cost_that_is_not_known_has_a_reason() -> None:
    run = figures_of(simulation.run_of(1, "a", 0, simulation.lit_and_dark(np.random.default_rng(3), 1, turns=4)))
    cost = run["runs"][0]["overhead"]
    assert (cost["ratio"], cost["ratio_reason"]) == (None, "too short to say: 4 of 8 turns")
    assert (cost["stacks"], cost["stacks_reason"]) == (None, "too short to say: 0 of 8 blocks of 8 turns")


def test_a_probed_run_says_what_its_optimizer_row_is() -> None:
    steps = simulation.steps_of(np.full(40, 10.0 * simulation.MS), np.repeat(np.arange(2), 20))
    values = steps.values.copy()
    values[:, STEP_COLUMNS.index("data_ns")] = simulation.MS
    clocks = {"data": "host", "forward": "probe", "backward": "probe", "step": "host"}
    run = replace(
        simulation.run_of(1, "keras@jax", 0, Steps(values)),
        probes=(Probe(1, 1, 2 * simulation.MS, 4 * simulation.MS),),
        events=(Event(1, 1, "described", {"clocks": clocks}),),
    )
    figures = figures_of(run)
    phases = figures["runs"][0]["phases"]
    assert phases["optimizer"] == {
        "median_ms": pytest.approx(3),
        "p95_ms": pytest.approx(3),
        "mean_ms": pytest.approx(3),
        "share": pytest.approx(0.3),
        "clock": "probe",
        "label": "optimizer and rest",
    }
    assert phases["other"]["median_ms_reason"] == "part of optimizer and rest"
    text = report_text(figures, 100)
    assert "3.000 ~" in text
    assert "keras@jax optimizer: ~ optimizer and rest" in text
    assert "keras@jax other: part of optimizer and rest" in text


def test_lanes_have_one_row_with_what_it_rests_on() -> None:
    first, second = simulation.two_lanes(np.random.default_rng(4), 1.05, 0.01, 5)
    figures = figures_of(*first, *second)
    (row,) = figures["lanes"]
    assert (row["task"], row["pair"], row["verdict"]) == ("mnist-mlp", ["a", "b"], "first faster")
    assert row["ci95"][0] <= row["step_ratio"] <= row["ci95"][1]
    assert (row["margin"], row["repeats"], row["process_spread"]["assumed"]) == (0.03, 5, False)
    assert "reason" not in row
    text = report_text(figures, 100)
    assert "faster than b" in text
    assert "  5 starts, which differ by" in text
    assert "a#5" in text
    assert text.count("a data, forward, backward, optimizer: not measured") == 1
    assert max(len(line) for line in text.splitlines()) <= 110
    (row,) = figures_of(first[0], second[0])["lanes"]
    assert row["process_spread"] == {"sd": 0.028, "assumed": True}
    assert (row["verdict"], row["reason"]) == ("inconclusive", "fewer than 3 repeats, and no large difference")


def test_a_file_whose_steps_took_no_time_is_reported() -> None:
    random = np.random.default_rng(6)
    first, second = simulation.two_lanes(random, 1, 0.01, 1)
    dead = simulation.run_of(3, "c", 0, simulation.lit_and_dark(random, 1))
    (row, *_) = figures_of(first[0], simulation.changed(second[0], 0), simulation.changed(dead, 0))["lanes"]
    assert (row["step_ratio"], row["verdict"]) == (None, "inconclusive")


def test_the_command_leaves_disturbed_turns_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.dlprof"
    writer = builder.new_writer(path)
    writer.add(builder.beginning())
    for index in range(6):
        busy = builder.SECOND if index == 3 else 0
        writer.add(
            replace(record, others_cpu_ns=busy) if isinstance(record, Turn) else record
            for record in builder.turn(index)
        )
    writer.finish(100 * builder.SECOND)
    assert main(["report", str(path), "--leave-out-disturbed"]) == 0
    assert "disturbed turns left out: 3" in capsys.readouterr().out
    assert main(["report", str(path)]) == 0
    assert "left out" not in capsys.readouterr().out


NAMES = (
    "torch",
    "a-name-of-thirty-two-letters-abc",
    "another_name_that_is_rather_long",
    "keras@jax:compiled",
    "e",
    "f",
)


@pytest.mark.parametrize("lanes", [1, 3, 6])
@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_text_fits_the_terminal_and_cuts_no_name(lanes: int, width: int) -> None:
    steps = simulation.lit_and_dark(np.random.default_rng(7), 1, turns=4)
    runs = [simulation.run_of(number, name, 0, steps) for number, name in enumerate(NAMES[:lanes], 1)]
    text = report_text(figures_of(*runs), width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert all(f"{name} " in " ".join(text.split()) for name in NAMES[:lanes])
    tables = sum(line.startswith("version") for line in lines)
    assert tables == 1 if (lanes, width) in ((1, 60), (3, 80), (6, 200)) else tables < max(lanes, 2)


def test_a_long_name_stands_above_its_column_in_several_lines() -> None:
    steps = simulation.lit_and_dark(np.random.default_rng(7), 1, turns=4)
    runs = [simulation.run_of(number, name, 0, steps) for number, name in enumerate(NAMES[:2], 1)]
    heads = report_text(figures_of(*runs), 80).splitlines()[4:7]
    assert [head.split() for head in heads] == [["a-name-of-"], ["thirty-two-"], ["torch", "letters-abc"]]


def test_the_verdict_tells_of_disturbed_turns() -> None:
    """And what it would be without them."""
    first, second = simulation.two_lanes(np.random.default_rng(4), 1.05, 0.01, 5)
    slow, busy = first[0], tuple(Turn(1, index, 0, 1000, True, others_cpu_ns=800 * (index < 4)) for index in range(40))
    runs = [replace(slow, turns=busy), *first[1:], *second]
    figures = report(SessionHistory(META, 1, True, tuple(runs)))
    (row,) = figures["lanes"]
    assert row["turns"] == {"total": 40, "left_out": 0, "disturbed": 4, "reasons": {"other processes": 4}}
    assert row["without_disturbed"]["step_ratio"] not in (None, row["step_ratio"])
    text = " ".join(report_text(figures, 80).split())
    disturbed = "4 of 40 turns were disturbed (other processes 4)"
    assert f"{disturbed}; without them (--leave-out-disturbed): a 1.0" in text
    figures = report(without_disturbed(SessionHistory(META, 1, True, tuple(runs))))
    assert figures["lanes"][0]["without_disturbed"] is None
    assert figures["lanes"][0]["without_disturbed_reason"]
    assert f"{disturbed}, and left out" in report_text(figures, 80)
    alone = report_text(figures_of(runs[0]), 80)
    assert f"a: {disturbed}; --leave-out-disturbed does not count them" in " ".join(alone.split())


def test_too_few_turns_for_a_verdict_say_how_long_to_record() -> None:
    random = np.random.default_rng(8)
    runs = [
        simulation.run_of(run, name, 0, simulation.lit_and_dark(random, 1, turns=1))
        for run, name in ((1, "a"), (2, "b"))
    ]
    figures = figures_of(*runs)
    assert figures["lanes"][0]["reason"].endswith("record for longer: --duration 1s, or more")
    assert "--duration 1s" in report_text(figures, 80)
