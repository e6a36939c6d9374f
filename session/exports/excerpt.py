"""The part of a session that began in a range of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from dlprof.session.history import RunHistory, SessionHistory, Steps
from dlprof.session.records import Event, StackSegment


def excerpt(session: SessionHistory, start_ns: int, end_ns: int) -> SessionHistory:
    """What of `session` began at `start_ns` or later and before `end_ns`, whole: excerpts that adjoin share nothing.

    All runs stay. What was known of one at the start, its status and what its lane had said, stands there as events.
    """
    return replace(
        session,
        runs=tuple(_run(history, start_ns, end_ns) for history in session.runs),
        devices=_within(session.devices, start_ns, end_ns),
        loads=_within(session.loads, start_ns, end_ns),
        events=_within(session.events, start_ns, end_ns),
    )


def _run(history: RunHistory, start_ns: int, end_ns: int) -> RunHistory:
    began = history.steps.column("start_ns")
    return replace(
        history,
        steps=Steps(history.steps.values[(began >= start_ns) & (began < end_ns)]),
        turns=tuple(turn for turn in history.turns if start_ns <= turn.start_ns < end_ns),
        host=_within(history.host, start_ns, end_ns),
        allocator=_within(history.allocator, start_ns, end_ns),
        gpu=_within(history.gpu, start_ns, end_ns),
        probes=_within(history.probes, start_ns, end_ns),
        segments=tuple(_segments(history, start_ns, end_ns)),
        events=(*_known_at(history, start_ns), *_within(history.events, start_ns, end_ns)),
    )


def _segments(history: RunHistory, start_ns: int, end_ns: int) -> Iterator[StackSegment]:
    for segment in history.segments:
        spans = _within(segment.spans, start_ns, end_ns)
        if spans or start_ns <= segment.stored_ns < end_ns:
            yield replace(segment, spans=spans)


def _known_at(history: RunHistory, t_ns: int) -> Iterator[Event]:
    earlier = replace(history, events=tuple(event for event in history.events if event.t_ns < t_ns))
    for kind, data in (("status", earlier.last("status")), ("described", earlier.described)):
        if data:
            yield Event(t_ns, history.run.id, kind, data)


def _within(records: Sequence[Any], start_ns: int, end_ns: int) -> tuple[Any, ...]:
    return tuple(record for record in records if start_ns <= record.t_ns < end_ns)
