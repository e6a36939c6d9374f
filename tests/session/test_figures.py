import json
import os
from pathlib import Path

import builder
import numpy as np
import pytest

from dlprof.session import store
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.filesystem import file_system_type
from dlprof.session.history import STEP_COLUMNS, Steps
from dlprof.session.report.figures import report
from dlprof.session.report.text import report_text
from dlprof.session.statistics import FEW, middle_interval, quantiles, sampled_apart, spread


def steps(totals: np.ndarray, turns: np.ndarray) -> Steps:
    values = np.zeros((len(totals), len(STEP_COLUMNS)))
    values[:, STEP_COLUMNS.index("total_ns")] = totals
    values[:, STEP_COLUMNS.index("turn")] = turns
    return Steps(values)


def test_spread_is_numpy_s_and_leaves_out_what_is_missing() -> None:
    values = np.array([1.0, np.nan, 3.0, 5.0, 100.0])
    found = spread(values)
    assert (found.median_ns, found.mean_ns, found.last_ns) == (4.0, 27.25, 100.0)
    assert found.p95_ns == pytest.approx(np.percentile([1, 3, 5, 100], 95))
    assert spread(np.array([np.nan])).median_ns is None


def misleading(count: int) -> np.ndarray:
    """The values that a look at some of them sees are far above all others."""
    return np.where(np.arange(count) % sampled_apart(count), 1.0, 1e6) + np.arange(count) / count


@pytest.mark.parametrize("count", [1, 2, 100, FEW, FEW + 1, 100_000])
def test_quantiles_are_those_of_numpy_however_many_and_whatever_their_order(count: int) -> None:
    random = np.random.default_rng(count)
    drawn = random.lognormal(13, 0.3, count).round()
    made = [drawn, np.sort(drawn), np.sort(drawn)[::-1], np.ones(count), random.integers(0, 3, count) * 1.0]
    for values in [*made, *([misleading(count)] if count > FEW else [])]:
        shares = (0.0, 0.5, 0.95, 1.0)
        assert quantiles(values.copy(), *shares) == pytest.approx(np.quantile(values, shares), rel=1e-12)


def test_too_few_turns_give_no_interval() -> None:
    few = steps(np.ones(10), np.repeat([0, 1], 5))
    assert middle_interval(few.turn_medians.medians_ns) is None


def session(tmp_path: Path) -> Path:
    path = tmp_path / "example.dlprof"
    writer = builder.new_writer(path)
    writer.add(builder.beginning())
    for index in range(6):
        writer.add(builder.turn(index))
    writer.finish(100 * builder.SECOND)
    return path


def test_report_is_json_and_says_why_a_value_is_missing(tmp_path: Path) -> None:
    reader = SessionReader(session(tmp_path))
    figures = report(reader.history())
    json.dumps(figures, allow_nan=False)
    assert figures["schema"] == "dlprof.report/1"
    torch = figures["runs"][0]
    assert torch["steps"] == {
        "recorded": 120,
        "warmup": 20,
        "compiled": 0,
        "cold": 20,
        "left_out": 0,
        "dark": 0,
        "counted": 80,
        "dropped": 0,
    }
    assert torch["phases"]["forward"] == {
        "median_ms": 0.5,
        "p95_ms": 0.5,
        "mean_ms": 0.5,
        "share": pytest.approx(0.5 / torch["step"]["mean_ms"]),
        "clock": "host",
    }
    assert sum(phase["mean_ms"] for phase in torch["phases"].values()) == pytest.approx(torch["step"]["mean_ms"])
    assert torch["memory"]["gpu_device_peak_bytes"] is None
    assert torch["memory"]["gpu_device_peak_bytes_reason"] == "no driver"
    assert torch["memory"]["host_peak_bytes"] == 135 << 20
    assert torch["stacks"]["top"] == [{"frame": "train (loop.py:7)", "share": 1.0}]
    assert torch["overhead"]["ratio"] is None
    assert torch["overhead"]["ratio_reason"]
    pair = figures["lanes"][0]
    assert pair["pair"] == ["torch", "tensorflow"]
    assert pair["verdict"] == "first faster"
    assert pair["ci95"][0] <= pair["step_ratio"] <= pair["ci95"][1]
    text = report_text(figures, 100)
    assert "torch 1.50x faster than tensorflow" in text
    assert max(len(line) for line in text.splitlines()) <= 110


def test_store_finds_and_lists(tmp_path: Path) -> None:
    path = session(tmp_path)
    (tmp_path / "broken.dlprof").write_text("no session")
    listed = store.sessions_in(tmp_path)
    assert {s.name: s.problem is None for s in listed} == {"example": True, "broken": False}
    assert store.find(tmp_path, None) == path
    assert store.find(tmp_path, "example") == path
    with pytest.raises(SessionError, match="no session 'other'"):
        store.find(tmp_path, "other")
    assert store.sessions_in(tmp_path / "absent") == ()


def test_sessions_are_listed_by_their_start_whichever_was_written_last(tmp_path: Path) -> None:
    starts = {"long": "2026-01-02T03:00:00+00:00", "short": "2026-01-02T03:04:05+00:00"}
    for written_at, (name, started_at) in enumerate(reversed(starts.items())):
        writer = builder.new_writer(tmp_path / f"{name}.dlprof", name=name, started_at=started_at)
        writer.finish(1)
        os.utime(tmp_path / f"{name}.dlprof", (written_at, written_at))
    assert [listed.name for listed in store.sessions_in(tmp_path)] == ["short", "long"]
    assert store.find(tmp_path, None).stem == "long"


def test_file_system_of_the_longest_mount() -> None:
    mounts = "dev / ext4 rw 0 0\nsrv:/x /home nfs4 rw 0 0\ndev /home/a\\040b ext4 rw 0 0\n"
    assert file_system_type(Path("/home/me"), mounts) == "nfs4"
    assert file_system_type(Path("/home/a b/c"), mounts) == "ext4"
    assert file_system_type(Path("/var"), mounts) == "ext4"
