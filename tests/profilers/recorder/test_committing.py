"""When what is recorded is committed, against a writer that only notes it."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from dlprof.profilers.recorder import committing
from dlprof.profilers.recorder.committing import COMMIT_SECONDS, HORIZON_MARGIN_NS, NO_TURNS_SECONDS, Committing
from dlprof.session.errors import SessionError
from dlprof.session.records import Event, Record

EVENT = Event(0, None, "prepared", {})
NOW_NS = 10 * HORIZON_MARGIN_NS


class Written:
    """What was added and committed, and whether that fails."""

    def __init__(self) -> None:
        self.added: list[Record] = []
        self.horizons: list[int] = []
        self.is_full = False
        self.committed = asyncio.Event()

    def add(self, records: Sequence[Record]) -> None:
        self.added += records

    def commit(self, horizon_ns: int) -> None:
        if self.is_full:
            raise SessionError("the disk is full")
        self.horizons.append(horizon_ns)
        self.committed.set()


def kept_for(writer: Any, failures: list[SessionError]) -> Committing:
    return Committing(writer, lambda: None, lambda: NOW_NS, failures.append)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Seconds that pass when they are told to: `clock.s`."""
    told = SimpleNamespace(s=100.0)
    monkeypatch.setattr(committing, "time", SimpleNamespace(monotonic=lambda: told.s))
    return told


async def test_the_end_of_a_turn_commits_what_is_kept_where_the_last_time_was_long_ago(clock: SimpleNamespace) -> None:
    writer = Written()
    session = kept_for(writer, [])
    session.add(EVENT)
    clock.s += 0.9 * COMMIT_SECONDS
    session.between_turns()
    assert not writer.horizons
    clock.s += 0.2 * COMMIT_SECONDS
    session.between_turns()
    session.between_turns()
    assert writer.horizons == [NOW_NS - HORIZON_MARGIN_NS]
    assert writer.added == [EVENT]


async def test_while_turns_end_nothing_is_committed_within_them(clock: SimpleNamespace) -> None:
    writer = Written()
    session = kept_for(writer, [])
    clock.s += COMMIT_SECONDS
    session.between_turns()
    assert len(writer.horizons) == 1
    clock.s += 0.9 * NO_TURNS_SECONDS  # it would be time, but a turn may be about to end
    background = asyncio.create_task(session.without_turns())
    await asyncio.sleep(0)
    assert len(writer.horizons) == 1
    background.cancel()
    clock.s += 0.2 * NO_TURNS_SECONDS
    background = asyncio.create_task(session.without_turns())
    await asyncio.sleep(0)
    assert len(writer.horizons) == 2
    background.cancel()


async def test_before_the_first_turn_it_commits_by_itself() -> None:
    writer = Written()
    background = asyncio.create_task(kept_for(writer, []).without_turns())
    await writer.committed.wait()
    background.cancel()


async def test_a_failure_is_told_once_and_nothing_is_tried_again(clock: SimpleNamespace) -> None:
    writer, failures = Written(), list[SessionError]()
    writer.is_full = True
    session = kept_for(writer, failures)
    for _ in range(3):
        clock.s += COMMIT_SECONDS
        session.between_turns()
    await session.without_turns()
    assert [str(failure) for failure in failures] == ["the disk is full"]
