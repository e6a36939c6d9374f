from pathlib import Path

import builder
import pytest

from dlprof.session.file import SessionReader
from dlprof.session.records import Event, Run, Turn
from dlprof.tui.startup import startup

SECOND = builder.SECOND
BEGUN = (("starting", 1), ("importing", 2), ("building", 6), ("warming up", 7), ("ready", 10))


@pytest.mark.parametrize(
    ("now", "seconds", "over"),
    [
        (4, [1.0, 2.0, None, None, None], [True, False, False, False, False]),
        (9, [1.0, 4.0, 1.0, 2.0, None], [True, True, True, False, False]),
        (11, [1.0, 4.0, 1.0, 3.0, 1.0], [True, True, True, True, False]),
    ],
)
def test_each_part_has_its_time(tmp_path: Path, now: int, seconds: list[float | None], over: list[bool]) -> None:
    writer = builder.new_writer(tmp_path / "a.dlprof")
    writer.add([Run(1, "torch", "torch", None, "default", "mnist-mlp", 0, "cpu", 128)])
    writer.add([Event(t * SECOND, 1, "status", {"status": status, "cause": None}) for status, t in BEGUN])
    writer.add([Turn(1, 0, 12 * SECOND, 13 * SECOND, waited=False)])
    writer.finish(20 * SECOND)
    history = SessionReader(tmp_path / "a.dlprof").history()
    (run,) = history.until(now * SECOND).runs
    stages = startup(run, now * SECOND)
    assert [stage.name for stage in stages] == ["starting", "importing", "building", "warming up", "waiting"]
    assert [stage.seconds for stage in stages] == seconds
    assert [stage.over for stage in stages] == over
    assert startup(history.runs[0], 20 * SECOND) == (), "it has stepped"
