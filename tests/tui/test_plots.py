from dataclasses import replace
from pathlib import Path

import builder
import numpy as np

from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory
from dlprof.session.records import HostMemory
from dlprof.tui.plots import MOST_BUCKETS, Buckets, TimeAxis, bucketed, scale_top, task_plots, time_axis


def recorded(path: Path, turns: int) -> SessionHistory:
    writer = builder.new_writer(path)
    writer.add(builder.beginning())
    for index in range(turns):
        writer.add(builder.turn(index))
    writer.finish((3 * turns + 4) * builder.SECOND)
    return SessionReader(path).history()


def test_all_lanes_share_axis_and_scale(tmp_path: Path) -> None:
    runs = recorded(tmp_path / "a.dlprof", 5).runs
    axis = time_axis(runs)
    assert axis == TimeAxis(1.0, 1.0, 15)
    plots = task_plots(runs, axis, 19 * builder.SECOND, Buckets())
    assert len(plots) == 3
    for index in range(3):
        assert len({(of_run[index].name, of_run[index].top) for of_run in plots}) == 1
    step = plots[1][0]  # tensorflow: its turns come in seconds 2, 5, 8... of the session, the first is warm-up
    assert [second for second, value in enumerate(step.values) if value is not None] == [4, 7, 10, 13]
    assert step.top_label == "5 ms"
    host = plots[1][2]  # a sample every third second, from second 1 on: a level holds until the next
    assert [second for second, value in enumerate(host.values) if value is None] == [0, 14]
    sparse = replace(runs[0], host=tuple(HostMemory(1, s * builder.SECOND, 1, 1 << 20, 1, 1) for s in (2, 4, 7)))
    values = task_plots([sparse], TimeAxis(1.0, 1.0, 7), 19 * builder.SECOND, Buckets())[0][2].values
    assert values == (None, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)


def test_buckets_merge_in_pairs_and_stay_few(tmp_path: Path) -> None:
    runs = recorded(tmp_path / "a.dlprof", 100).runs
    axis = time_axis(runs)
    assert axis is not None
    assert (axis.bucket_s, axis.buckets) == (2.0, 150)
    assert axis.buckets <= MOST_BUCKETS
    assert time_axis([]) is None


def test_buckets_are_medians_and_empty_ones_are_none() -> None:
    seconds, values = np.array([0.5, 1.1, 1.2, 1.9, 4.0]) * 1e9, np.array([9.0, 1.0, 50.0, 2.0, np.nan])
    assert bucketed(seconds, values, TimeAxis(1.0, 1.0, 4)) == (2.0, None, None, None)
    assert bucketed(seconds[:0], values[:0], TimeAxis(1.0, 1.0, 2)) == (None, None)


def test_what_is_remembered_of_a_plot_changes_none(tmp_path: Path) -> None:
    whole, buckets = recorded(tmp_path / "a.dlprof", 100), Buckets()
    for seconds in (304, 120, 30, 121, 200, 29, 304):
        history = whole.until(seconds * builder.SECOND)
        axis = time_axis(history.runs)
        fresh, remembered = (task_plots(history.runs, axis, history.horizon_ns, b) for b in (Buckets(), buckets))
        assert remembered == fresh


def test_an_outlier_does_not_push_the_scale_up() -> None:
    assert scale_top([10.0] * 50 + [1000.0]) == 15.0
    assert scale_top([0.9, None, 1.0]) == 1.0
    assert scale_top([]) == scale_top([None, 0.0]) == 1.0
