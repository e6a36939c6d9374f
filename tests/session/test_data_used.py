from pathlib import Path

import builder

from dlprof.session.compare.differences import differences
from dlprof.session.compare.recording import Recording, summarised
from dlprof.session.data_used import data_used, identity, sentence
from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory
from dlprof.session.records import Event

DIGEST = "0123456789abcdef" * 4
FILE = {"data": "/home/ann/a.npz", "samples": 6000, "held_out": 600, "bytes": 2_500_000, "sha256": DIGEST}


def recorded(path: Path, used: dict[str, object]) -> SessionHistory:
    writer = builder.new_writer(path)
    first = [record for record in builder.beginning() if not (isinstance(record, Event) and record.kind == "prepared")]
    writer.add([*first, Event(1, None, "prepared", {"task": "mnist-mlp", **used}), *builder.turn(0)])
    writer.finish(10 * builder.SECOND)
    return SessionReader(path).history()


def compared(before: SessionHistory, after: SessionHistory) -> list[str]:
    sides: list[Recording] = [summarised(side, "label") for side in (before, after)]
    common = [run.key for run in sides[0].runs]
    return [str(found) for found in differences(sides[:1], sides[1:], common) if found.what == "data"]


def test_files_are_told_by_their_digest(tmp_path: Path) -> None:
    used = data_used(recorded(tmp_path / "a", FILE), "mnist-mlp")
    assert sentence(used) == (
        "data: /home/ann/a.npz, of sha256 0123456789ab; 6,000 samples (2.5 MB) to train with, 600 held out"
    )
    assert identity(used) == "6,000 samples of sha256 0123456789ab"


def test_other_data_are_a_difference_of_the_lane(tmp_path: Path) -> None:
    first, moved = recorded(tmp_path / "a", FILE), recorded(tmp_path / "b", {**FILE, "data": "/mnt/a.npz"})
    other = recorded(tmp_path / "c", {**FILE, "sha256": DIGEST[::-1]})
    made = recorded(tmp_path / "d", {"data": "synthetic", "samples": 10, "bytes": 7840})
    assert compared(first, moved) == []
    assert "6,000 samples of sha256 0123456789ab -> 6,000 samples of sha256 fedcba987654" in compared(first, other)[0]
    assert compared(first, made)[0].endswith("sha256 0123456789ab -> synthetic")


def test_an_older_session_does_not_tell(tmp_path: Path) -> None:
    old = recorded(tmp_path / "a", {"samples": 10, "bytes": 7840})
    assert sentence(data_used(old, "mnist-mlp")) is None
    assert sentence(data_used(old, "another")) is None
    assert compared(old, old) == []
