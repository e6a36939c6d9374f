import json
from dataclasses import replace
from pathlib import Path

import builder
import numpy as np
import pytest

from dlprof.session.file import SessionReader
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.memory import (
    BLOCKS,
    FEWEST_SECONDS,
    SETTLING_SECONDS,
    host_now,
    host_peak,
    memory,
    slope,
    stepping_seconds,
)
from dlprof.session.records import Event, HostMemory, Record, Run, Step, Turn
from dlprof.session.report.figures import report
from dlprof.session.report.text import report_text
from dlprof.tui.known import Known
from dlprof.tui.views import session_view

MIB = 1 << 20
SECOND = builder.SECOND


def recorded(tmp_path: Path, *records: Record) -> SessionHistory:
    """A session with one run, 1, and `records`."""
    path = tmp_path / "example.dlprof"
    writer = builder.new_writer(path)
    writer.add([Run(1, "torch", "torch", None, "default", "mnist-mlp", 0, "cpu", 10)])
    writer.add([Event(0, 1, "status", {"status": "stepping", "cause": None}), *records])
    writer.finish(1000 * SECOND)
    return SessionReader(path).history()


def one(history: SessionHistory) -> RunHistory:
    (run,) = history.runs
    return run


def waiting_run(rate: int, *, processes: tuple[int, ...] = (1,)) -> list[Record]:
    """40 turns of 1 s, 3 s apart, sampled every second; memory grows by `rate` bytes a second of stepping.

    In the first 3 s of stepping a cache of 200 MiB fills. 100 MiB are shared by all processes, as many in each turn as
    `processes` says in a round; only the first grows.
    """
    records: list[Record] = []
    for turn in range(40):
        start = (10 + 4 * turn) * SECOND
        records.append(Turn(1, turn, start, start + SECOND, True))
        for second, stepped in enumerate((turn + 0.5, turn + 1, turn + 1, turn + 1)):
            held = 300 * MIB + int(rate * stepped) + int(min(stepped, 3) / 3 * 200 * MIB)
            t_ns = start + SECOND // 2 + second * SECOND
            count = processes[turn % len(processes)]
            rss = held + (count - 1) * 100 * MIB
            records.append(HostMemory(1, t_ns, held - 100 * MIB, rss, rss, count, held))
    return records


def test_stepping_time_stands_still_between_turns() -> None:
    turns = (Turn(1, 0, 100, 200, False), Turn(1, 1, 500, 600, True))
    at = np.array([50, 100, 150, 200, 300, 500, 550, 700], np.float64)
    assert (stepping_seconds(turns, at) * 1e9).tolist() == pytest.approx([0, 0, 50, 100, 100, 100, 150, 200])


@pytest.mark.parametrize("rate", [4 * MIB, -2 * MIB])
def test_growth_is_per_second_of_stepping_and_without_the_start(tmp_path: Path, rate: int) -> None:
    history = recorded(tmp_path, *waiting_run(rate))
    figures = memory(one(history), history)
    assert figures["host_slope_bytes_per_s"] == pytest.approx(rate, rel=0.02)
    low, high = figures["host_slope_ci95_bytes_per_s"]
    assert low - 1 <= rate <= high + 1
    assert low * high > 0
    assert figures["host_slope_basis"] == "rss"


@pytest.mark.parametrize(("processes", "basis"), [((4,), "rss"), ((4, 2, 3), "pss")])
def test_pages_that_workers_share_count_once(tmp_path: Path, processes: tuple[int, ...], basis: str) -> None:
    history = recorded(tmp_path, *waiting_run(MIB, processes=processes))
    figures = memory(one(history), history)
    assert figures["host_slope_bytes_per_s"] == pytest.approx(MIB, rel=0.02)
    assert (figures["host_slope_basis"], figures["host_peak_basis"]) == (basis, "pss")
    assert figures["host_peak_bytes"] == 539.5 * MIB


def test_in_a_session_with_workers_the_peak_of_every_lane_is_of_one_series(tmp_path: Path) -> None:
    history = recorded(tmp_path, *waiting_run(0))
    loaded = replace(history, meta={**history.meta, "settings": {"workers": 2}})
    bases = [memory(one(session), session)["host_peak_basis"] for session in (history, loaded)]
    assert bases == ["rss", "pss"]
    said = [" MiB PSS" in report_text(report(session), 100) for session in (history, loaded)]
    views = [session_view(session, session.horizon_ns, None, Known(), recording=False) for session in (history, loaded)]
    assert (said, [view.lanes[0].memory[0].name for view in views]) == ([False, True], ["host", "host PSS"])


def test_beside_a_lane_with_other_processes_the_peak_of_every_lane_is_of_one_series(tmp_path: Path) -> None:
    history = recorded(tmp_path, *waiting_run(0))
    alone = one(history)
    compiling = replace(alone, host=[replace(sample, run=2, processes=3) for sample in alone.host])
    compiling = replace(compiling, run=replace(alone.run, id=2, lane="torch:compiled"))
    other_task = replace(compiling, run=replace(compiling.run, task="text-lstm"))
    beside = replace(history, runs=(alone, compiling))
    assert [host_peak(run, beside)["host_peak_basis"] for run in beside.runs] == ["pss", "pss"]
    apart = replace(history, runs=(alone, other_task))
    assert [host_peak(run, apart)["host_peak_basis"] for run in apart.runs] == ["rss", "pss"]


def test_what_comes_after_training_is_neither_its_peak_nor_its_newest_sample(tmp_path: Path) -> None:
    deploying = HostMemory(1, 900 * SECOND, uss=1, rss=4000 * MIB, peak_rss=4000 * MIB, processes=1, pss=1)
    history = recorded(tmp_path, *waiting_run(0, processes=(1,)), deploying)
    run = one(history)
    peak = host_peak(run, history)
    assert run.host[-1].rss == 4000 * MIB
    assert run.turns[-1].end_ns < 900 * SECOND
    assert (host_now(run, "rss") or 0) <= peak["host_peak_bytes"] < 4000 * MIB


def test_no_growth_is_none_seen(tmp_path: Path) -> None:
    history = recorded(tmp_path, *waiting_run(0))
    figures = memory(one(history), history)
    low, high = figures["host_slope_ci95_bytes_per_s"]
    assert low <= 0 <= high
    assert "none seen" in report_text(report(history), 100)


SECONDS = np.arange(0.0, 60.0)


def test_a_single_jump_is_no_trend() -> None:
    found = slope(SECONDS, np.where(SECONDS > 40, 500.0, 300.0) * MIB)
    assert found is not None
    assert found.low <= 0 <= found.high


def test_what_comes_and_goes_is_no_trend() -> None:
    found = slope(SECONDS, (300.0 + 50 * (SECONDS % 7)) * MIB)
    assert found is not None
    assert found.low <= 0 <= found.high


def test_a_leak_shows_under_what_comes_and_goes() -> None:
    found = slope(SECONDS, (300.0 + 5 * (SECONDS % 7) + 4 * SECONDS) * MIB)
    assert found is not None
    assert found.low < 4 * MIB < found.high
    assert found.low > 0


def test_a_leak_in_large_pieces_has_its_size() -> None:
    found = slope(SECONDS, (SECONDS // 3 * 12.0) * MIB)
    assert found is not None
    assert found.per_second == pytest.approx(4 * MIB, rel=0.1)
    assert found.low > 0


def test_the_interval_covers_the_drift_of_a_random_walk_about_as_often_as_it_says() -> None:
    random, hits = np.random.default_rng(1), 0
    for _ in range(200):
        found = slope(SECONDS, np.cumsum(random.normal(3, 5, len(SECONDS))))
        assert found is not None
        hits += found.low <= 3 <= found.high
    assert 180 <= hits <= 198


def test_too_short_for_a_slope() -> None:
    start, few = SETTLING_SECONDS, BLOCKS - 1
    assert slope(np.linspace(start, start + 2 * FEWEST_SECONDS, few), np.zeros(few)) is None
    assert slope(np.linspace(start, start + 0.9 * FEWEST_SECONDS, 50), np.zeros(50)) is None
    assert slope(np.linspace(start, start + FEWEST_SECONDS, BLOCKS), np.zeros(BLOCKS)) is not None
    assert slope(np.array([]), np.array([])) is None


def test_data_that_come_in_during_the_first_pass_are_no_proven_growth(tmp_path: Path) -> None:
    # 40 s of stepping are 400 steps of 10 samples: the first pass over 8000 samples is not over.
    steps = [
        Step(1, i, (10 + 4 * (i // 10)) * SECOND + i % 10 * SECOND // 10, SECOND // 10, 1, 1, 1, 1, 1.0, 0, i // 10)
        for i in range(400)
    ]
    prepared = {"task": "mnist-mlp", "samples": 8000, "bytes": 400 * MIB}  # 5 MiB a second of stepping
    growing = recorded(tmp_path, *waiting_run(5 * MIB), *steps, Event(1, None, "prepared", prepared))
    figures = memory(one(growing), growing)
    low, high = figures["host_slope_ci95_bytes_per_s"]
    assert low <= 0.1 * MIB
    assert high == pytest.approx(5 * MIB, rel=0.02)


def test_a_footprint_tells_the_framework_from_the_model(tmp_path: Path) -> None:
    said = {
        "host_before_import_bytes": 10 * MIB,
        "host_import_bytes": 200 * MIB,
        "host_model_bytes": 30 * MIB,
        "host_first_steps_bytes": 20 * MIB,
    }
    history = recorded(
        tmp_path,
        HostMemory(1, 1, None, 900 * MIB, 900 * MIB, 1),  # the import's own peak, before the training's is counted
        Event(2, 1, "described", said),
        HostMemory(1, 3, None, 260 * MIB, 270 * MIB, 1),
        Turn(1, 0, 3, 10, False),
        Event(11, 1, "described", {"host_training_peak_bytes": 280 * MIB}),
        HostMemory(1, 12, None, 800 * MIB, 800 * MIB, 1),  # the evaluation
    )
    figures = memory(one(history), history)
    assert {key: figures[key] for key in said} == said
    assert figures["host_peak_bytes"] == 280 * MIB
    assert figures["host_slope_bytes_per_s"] is None
    assert "record for longer" in figures["host_slope_bytes_per_s_reason"]
    lines = {line[:15].strip(): line[15:].split() for line in report_text(report(history), 100).splitlines() if line}
    assert lines["host: import"] == ["200", "MiB"]
    assert lines["model, data"] == ["30", "MiB"]
    assert lines["first steps"] == ["20", "MiB"]
    assert lines["peak"] == ["280", "MiB"]
    assert lines["growth"] == ["-"]


def test_what_a_lane_did_not_say_has_its_reason(tmp_path: Path) -> None:
    history = recorded(tmp_path, Event(2, 1, "status", {"status": "importing", "cause": None}))
    figures = memory(one(history), history)
    json.dumps(figures)
    for key, value in figures.items():
        if not key.endswith("_reason"):
            assert value is None
            assert figures[f"{key}_reason"]
