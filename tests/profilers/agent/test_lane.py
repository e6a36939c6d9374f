"""A lane at the ends of its socket and its pipe, by a clock that the test moves."""

import json
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from dlprof.profilers.agent import lane
from dlprof.profilers.agent.protocol import COLD, WARM_UP, Measured
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
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Of the recorder, and of the lane."""
    recorder, training = socket.socketpair()
    with recorder, training:
        yield recorder, training


def train(
    ends: tuple[socket.socket, socket.socket],
    clock: Clock,
    turns: Sequence[dict[str, Any]],
    step_ms: int,
    measured: Measured | Callable[[], Measured] = (0, 0, 0, 0, 0.5),
) -> list[tuple[Any, ...]]:
    """The records of a lane whose steps take `step_ms`, in `turns` that the recorder grants."""
    recorder, training = ends
    granted = [{"kind": "turn", "turn": number, "steps": None, **turn} for number, turn in enumerate(turns)]
    for message in (CONFIG, *granted, {"kind": "end"}):
        recorder.sendall(encode(message))
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as steps, os.fdopen(writing, "wb", buffering=0) as pipe:
        trained = lane.Lane(training, pipe.fileno())
        mark = trained.start_training(lambda: None, lambda: (None, None, None, "not asked"))
        while mark is not None:
            clock.now_ns += step_ms * MS
            trained.record(mark, clock.now_ns - mark.start_ns, measured)
            mark = trained.next_step(clock.now_ns)
        return [*StepBuffer().feed(steps.read(1 << 16))]


@pytest.mark.parametrize(("step_ms", "cold"), [(1, 20), (3, 7), (15, lane.COLD_STEPS)])
def test_steps_are_cold_for_a_number_and_a_time_after_a_wait(
    clock: Clock, ends: tuple[socket.socket, socket.socket], step_ms: int, cold: int
) -> None:
    """Where the lane stood still, and not where it goes on at once."""
    records = train(ends, clock, [{"rested": True}, {"rested": False}], step_ms)
    flags = {turn: [found for _, of, found, *_ in records if of == turn] for turn in (-1, 0, 1)}
    assert flags[-1] == lane.WARM_UP_STEPS * [WARM_UP]
    assert flags[0] == cold * [COLD] + (len(flags[0]) - cold) * [0]
    assert len(flags[0]) == len(flags[1]) > cold
    assert set(flags[1]) == {0}


@pytest.mark.parametrize(("steps", "cold"), [(200, 20), (40, 10), (8, lane.COLD_STEPS)])
def test_of_the_steps_that_were_asked_for_most_count(
    clock: Clock, ends: tuple[socket.socket, socket.socket], steps: int, cold: int
) -> None:
    records = train(ends, clock, [{"rested": True, "steps": steps}], 1)
    flags = [found for _, turn, found, *_ in records if turn == 0]
    assert flags == cold * [COLD] + (steps - cold) * [0]


def test_what_a_hand_over_takes_is_in_no_step(clock: Clock, ends: tuple[socket.socket, socket.socket]) -> None:
    handed_over = list[int]()

    def measured() -> Measured:
        clock.now_ns += 7 * MS
        handed_over.append(clock.now_ns)
        return 0, 0, 0, 0, 0.5

    records = train(ends, clock, [{}, {}, {}], 1, measured)
    assert {turn for _, turn, *_ in records} == {-1, 0, 1, 2}
    assert len(records) == len(handed_over)
    assert {total for _, _, _, _, total, *_ in records} == {MS}


def test_how_much_was_compiled_is_said_when_the_warm_up_is_over(
    clock: Clock, ends: tuple[socket.socket, socket.socket]
) -> None:
    train(ends, clock, [{}], 10)
    said = [json.loads(line) for line in ends[0].recv(1 << 20).splitlines()]
    place = next(place for place, message in enumerate(said) if message["kind"] == "described")
    assert said[place]["compilations"] == 0
    assert [message["kind"] for message in said[place:]] == ["described", "idle", "idle"]
