"""How often host memory is read."""

import asyncio
import os
from types import SimpleNamespace
from typing import Any

import pytest

from dlprof.profilers.recorder import collecting
from dlprof.profilers.recorder.collecting import collect_host, seconds_to_next
from dlprof.session.records import HostMemory, Record


def test_a_reading_that_takes_long_is_rarer() -> None:
    assert [seconds_to_next(took_s) for took_s in (0.0005, 0.01, 0.034, 1.0)] == pytest.approx([1.0, 1.0, 3.4, 10.0])


async def test_each_reading_says_what_it_took_and_the_next_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    took: list[float] = []

    def no_wait(took_s: float) -> float:
        took.append(took_s)
        return 0.0

    monkeypatch.setattr(collecting, "seconds_to_next", no_wait)
    added: list[Record] = []
    enough = asyncio.Event()

    def add(record: Record) -> None:
        added.append(record)
        if len(added) == 3:
            enough.set()

    lane: Any = SimpleNamespace(run=SimpleNamespace(id=3), pid=os.getpid())
    collector = asyncio.create_task(collect_host(lambda: [lane], add, lambda: len(added)))
    await enough.wait()
    collector.cancel()
    assert [(sample.run, sample.t_ns) for sample in added[:3] if isinstance(sample, HostMemory)] == [
        (3, 0),
        (3, 1),
        (3, 2),
    ]
    assert all(took_s > 0 for took_s in took)
