"""A lane at the ends of its socket and its pipe, by a clock that the test moves."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dlprof.profilers.agent import lane
from dlprof.profilers.agent.wire import StepBuffer, encode

MS = 1_000_000
CONFIG = {"origin_ns": 0, "seed": 0, "overhead_check": False}


@dataclass
class Clock:
    now_ns: int = 0

    def perf_counter_ns(self) -> int:
        return self.now_ns


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(lane, "time", found)
    return found


@pytest.fixture
def recorder() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_what_a_hand_over_takes_is_in_no_step(clock: Clock, recorder: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = recorder
    for message in (CONFIG, *({"kind": "turn", "turn": turn, "steps": None} for turn in range(3)), {"kind": "end"}):
        ours.sendall(encode(message))
    reading, writing = os.pipe()
    handed_over = list[int]()

    def measured() -> tuple[int, int, int, int, float]:
        clock.now_ns += 7 * MS
        handed_over.append(clock.now_ns)
        return 0, 0, 0, 0, 0.5

    with os.fdopen(reading, "rb", buffering=0) as steps, os.fdopen(writing, "wb", buffering=0) as pipe:
        training = lane.Lane(theirs, pipe.fileno())
        mark = training.start_training(lambda: None, lambda: (None, None, None, "not asked"))
        while mark is not None:
            clock.now_ns += MS
            training.record(mark, clock.now_ns - mark.start_ns, measured)
            mark = training.next_step(clock.now_ns)
        records = [*StepBuffer().feed(steps.read(1 << 16))]
    totals = [total for _, _, _, _, total, *_ in records]
    turns = {turn for _, turn, *_ in records}
    assert turns == {-1, 0, 1, 2}
    assert len(totals) == len(handed_over)
    assert set(totals) == {MS}
