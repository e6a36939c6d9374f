"""Recordings that are read in processes of their own."""

from pathlib import Path

import builder
import pytest

from dlprof.session.compare import reading
from dlprof.session.compare.reading import recordings
from dlprof.session.errors import SessionError


def made(path: Path, turns: int) -> Path:
    writer = builder.new_writer(path)
    writer.add([*builder.beginning(), *(record for index in range(turns) for record in builder.turn(index))])
    writer.finish(100 * builder.SECOND)
    return path


def test_large_ones_are_read_the_same_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [made(tmp_path / f"{turns}.dlprof", turns) for turns in (6, 3, 5)]
    here = recordings(paths, ["a", "b", "c"])
    monkeypatch.setattr(reading, "LARGE_BYTES", 0)
    assert [(read.label, read.extent) for read in recordings(paths, ["a", "b", "c"])] == [
        (read.label, read.extent) for read in here
    ]
    assert [read.extent.turns for read in here] == [18, 9, 15]


def test_one_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rubbish = tmp_path / "rubbish.dlprof"
    rubbish.write_bytes(b"no session")
    monkeypatch.setattr(reading, "LARGE_BYTES", 0)
    with pytest.raises(SessionError, match="rubbish"):
        recordings([made(tmp_path / "a.dlprof", 3), rubbish], ["a", "b"])
