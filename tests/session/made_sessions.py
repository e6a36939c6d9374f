"""Session files to compare, made by the real writer."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import builder

from dlprof.session.records import Event, Run, Step


def made(folder: Path, number: int, slower: float = 1.0, batch: int = 128, **changes: Any) -> str:
    """A session of three lanes; `slower` makes torch's steps that much longer."""
    path = folder / f"{number:02}-{slower}-{batch}.dlprof"
    moment = f"2026-01-02T03:{number:02}:05+00:00"
    writer = builder.new_writer(path, **{"started_at": moment, "complete": True, **changes})
    writer.add([replace(r, batch_size=batch) if isinstance(r, Run) else r for r in builder.beginning()])
    for index in range(8):
        writer.add([_longer(r, slower) if isinstance(r, Step) and r.run == 1 else r for r in builder.turn(index)])
    writer.add([Event(90 * builder.SECOND, run, "status", {"status": "completed", "cause": None}) for run in (1, 2, 3)])
    writer.finish(100 * builder.SECOND)
    return str(path)


def _longer(step: Step, factor: float) -> Step:
    return replace(step, total_ns=int(step.total_ns * factor))
