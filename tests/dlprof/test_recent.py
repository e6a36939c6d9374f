"""The sessions that the set-up screen lists, from real files."""

import os
from pathlib import Path

import builder
import pytest
from made_sessions import made

from dlprof.recent import NOT_YET, RecentSessions
from dlprof.session.errors import SessionError
from dlprof.session.liveness import own_entry


def test_each_is_told_first_and_weighed_after_all_others(tmp_path: Path) -> None:
    paths = [Path(made(tmp_path, number)) for number in (1, 2)]
    found = [*RecentSessions(tmp_path)]
    assert sorted(session.path for session in found[:2]) == sorted(paths)
    assert [session.fastest for session in found] == ["", "", "torch fastest", "torch fastest"]
    first = next(session for session in found if session.path == paths[0])
    assert (first.tasks, first.lanes) == (("mnist-mlp", "text-lstm"), ("torch", "tensorflow", "keras"))
    assert (first.started_at, first.seconds) == ("2026-01-02T03:01:05+00:00", 100.0)
    assert first.state == "stopped after 3 of 6 runs"


def test_sessions_elsewhere_stand_among_those_of_the_folder_by_their_time(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    paths = [Path(made(at, number)) for number, at in ((1, folder), (2, outside), (3, folder))]
    for moment, path in enumerate(paths):
        os.utime(path, (moment, moment))
    found = [session.path for session in RecentSessions(folder, lambda: [paths[1]])]
    assert found[:3] == paths[::-1]


def test_it_remembers_what_it_weighed(tmp_path: Path) -> None:
    made(tmp_path, 1)
    sessions = RecentSessions(tmp_path)
    assert [session.fastest for session in sessions] == ["", "torch fastest"]
    assert [session.fastest for session in sessions] == ["torch fastest"]


def test_one_that_is_recorded_is_not_weighed_and_one_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    writer = builder.new_writer(tmp_path / "live.dlprof", recorder=own_entry())
    writer.commit(builder.SECOND)
    (tmp_path / "no.dlprof").write_text("rubbish")
    found = {session.path.stem: session for session in RecentSessions(tmp_path)}
    assert (found["live"].state, found["live"].fastest) == ("recording", NOT_YET)
    assert not found["no"].readable
    assert "not a dlprof session" in found["no"].state
    writer.finish(builder.SECOND)


def test_one_is_deleted_unless_it_is_recorded(tmp_path: Path) -> None:
    path, live = Path(made(tmp_path, 1)), tmp_path / "live.dlprof"
    writer = builder.new_writer(live, recorder=own_entry())
    writer.commit(builder.SECOND)
    sessions = RecentSessions(tmp_path)
    sessions.delete(path)
    assert not path.exists()
    with pytest.raises(SessionError, match="is being recorded; stop it first"):
        sessions.delete(live)
    writer.finish(builder.SECOND)
