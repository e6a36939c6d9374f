from pathlib import Path

import builder
import pytest
from screens import begin

from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory
from dlprof.session.records import Event, Record
from dlprof.tui.known import Known
from dlprof.tui.lane_panel import lane_lines
from dlprof.tui.views import session_view
from dlprof.tui.waiting import wait_of


def status(run: int, status: str, t_ns: int) -> Event:
    return Event(t_ns, run, "status", {"status": status, "cause": None})


def recorded(path: Path, *records: Record) -> SessionHistory:
    writer = begin(path)
    writer.add([*(status(run, "stepping", 5) for run in (1, 2, 3)), *records])
    writer.finish(60 * builder.SECOND)
    return SessionReader(path).history()


@pytest.mark.parametrize("later", ["evaluating", "deploying"])
def test_a_lane_waits_while_another_one_is_in_a_later_stage(tmp_path: Path, later: str) -> None:
    history = recorded(tmp_path / "a.dlprof", status(2, later, 50 * builder.SECOND))
    view = session_view(history, history.horizon_ns, None, Known(), recording=True)
    assert [lane.status for lane in view.lanes] == ["waiting", later, "waiting"]
    assert str(lane_lines(view.lanes[0], 60, 40)[1]) == f"┃ waiting 10.0 s: tensorflow is {later}"
    before = session_view(history, 49 * builder.SECOND, None, Known(), recording=True)
    assert [lane.status for lane in before.lanes] == ["stepping"] * 3


def test_a_lane_that_steps_or_is_over_does_not_wait(tmp_path: Path) -> None:
    history = recorded(tmp_path / "a.dlprof", status(2, "evaluating", 6), status(3, "completed", 50 * builder.SECOND))
    assert [wait_of(run, history) for run in history.runs] == [None] * 3
