from dataclasses import replace

import builder
import pytest

from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory
from dlprof.session.records import DeviceLoad, Event
from dlprof.tui.event_views import event_at, event_lines, next_event

SECOND = builder.SECOND


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> SessionHistory:
    path = tmp_path_factory.mktemp("events") / "a.dlprof"
    writer = builder.new_writer(path)
    writer.add([*builder.beginning(), Event(8 * SECOND, 1, "status", {"status": "ready", "cause": None})])
    for second, throttle in enumerate(("", "", "thermal", "thermal", "power", "", None, "")):
        writer.add([DeviceLoad(second * SECOND, "GPU-1", 0.5, 0.1, 1, 1, throttle, None)])
        writer.add([DeviceLoad(second * SECOND, "GPU-2", 0.5, 0.1, 1, 1, "", None)])
    writer.add(builder.endings())
    writer.finish(100 * SECOND)
    return SessionReader(path).history()


def test_events_in_the_order_of_their_time(session: SessionHistory) -> None:
    lines = event_lines(session)
    assert [line.t_ns for line in lines] == sorted(line.t_ns for line in lines)
    said = [str(line) for line in lines]
    for line in (
        "    0.0s ! session gpu memory n/a: no driver",
        "    8.0s   mnist-mlp torch warm-up over",
        "   99.0s   session data of mnist-mlp prepared",
        "   99.0s   mnist-mlp torch evaluated",
        "   99.0s   mnist-mlp torch deployed as onnx",
        "   99.0s ! mnist-mlp torch litert n/a: no exporter",
        "   99.0s   mnist-mlp torch completed",
        "   99.0s ! mnist-mlp tensorflow failed: ValueError: no",
        "   99.0s ! mnist-mlp keras 2 steps dropped so far: not recorded",
        "   99.0s ! mnist-mlp keras killed: killed by SIGKILL",
    ):
        assert line in said


def test_clocks_that_are_held_down_are_named_when_that_changes(session: SessionHistory) -> None:
    said = [str(line) for line in event_lines(session) if line.whom.startswith("GPU")]
    assert said == [
        "    2.0s ! GPU-1 clocks held down: thermal",
        "    4.0s ! GPU-1 clocks held down: power",
        "    5.0s   GPU-1 clocks no longer held down",
    ]
    assert event_lines(replace(session, loads=(), events=(), runs=())) == ()


def test_the_event_at_a_moment_and_those_around_it(session: SessionHistory) -> None:
    lines = event_lines(session)
    assert event_at(lines, 0) is None
    at = event_at(lines, 3 * SECOND)
    assert at is not None
    assert lines[at].what == "clocks held down: thermal"
    after, before = next_event(lines, 4 * SECOND, 1), next_event(lines, 4 * SECOND, -1)
    assert after is not None
    assert before is not None
    assert (after.t_ns, before.t_ns) == (5 * SECOND, 2 * SECOND)
    assert next_event(lines, 99 * SECOND, 1) is None
    assert next_event(lines, 0, -1) is None
