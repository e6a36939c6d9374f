"""kill -9 of each process of a recording, at moments of its beginning and its middle; many more in a benchmark."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from kills import VICTIMS, kill
from made_lanes import interpreter_with_lanes

pytestmark = pytest.mark.slow
EARLIEST_S, LATEST_S, KILLS = 0.0, 3.0, 3


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return interpreter_with_lanes(tmp_path_factory.mktemp("faulty"))


@pytest.mark.parametrize("victim", VICTIMS)
def test_after_a_kill_the_file_opens_and_no_process_stays(tmp_path: Path, python: str, victim: str) -> None:
    moments = random.Random(victim)
    for number in range(KILLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        after = kill(victim, moments.uniform(EARLIEST_S, LATEST_S), folder, python)
        assert after.file in ("opens", "none"), after
        assert (after.lost, after.remaining) == (0, 0), after
        assert {file.name for file in folder.iterdir()} <= {"a.dlprof", "log"}, "more than one plain file"
        if victim == "lane" and "killed" in after.ended.values():
            assert sorted(after.ended.values()) == ["completed", "killed"]
        if victim == "viewer":
            assert set(after.ended.values()) <= {"interrupted"}
