from dataclasses import replace
from pathlib import Path

import builder
import pytest

from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory
from dlprof.session.records import DARK, MEASURED_PHASES, Event, Record, Step

TURNS = 4


def records() -> list[Record]:
    """Four turns; the last step of each is dark, the one before it has no phase but its data."""
    found: list[Record] = [*builder.beginning(), *builder.gpu_samples(), Event(9, 2, "status", {"status": "stepping"})]
    for record in (record for index in range(TURNS) for record in builder.turn(index)):
        found.append(_varied(record) if isinstance(record, Step) else record)
    return found


def _varied(step: Step) -> Step:
    place = step.index % 20
    step = replace(step, start_ns=step.start_ns + place * builder.MS // 10)  # one after the other
    if place == 18:
        return replace(step, forward_ns=None, backward_ns=None, optimizer_ns=None)
    if place == 19:
        phases = dict.fromkeys(f"{phase}_ns" for phase in MEASURED_PHASES)
        return replace(step, **phases, loss=None, flags=step.flags | DARK)
    return step


@pytest.fixture
def session(tmp_path: Path) -> SessionHistory:
    """Read from a file with `records`."""
    writer = builder.new_writer(tmp_path / "example.dlprof")
    writer.add(records())
    writer.finish(100 * builder.SECOND)
    return SessionReader(tmp_path / "example.dlprof").history()
