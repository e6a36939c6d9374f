"""Stack samples as a file for speedscope (github.com/jlfwong/speedscope/wiki/Importing-from-custom-sources)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dlprof.session.exports.names import run_name
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.records import Frame, StackSpan

_SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def speedscope(session: SessionHistory) -> Iterator[bytes]:
    """A JSON document in pieces: one profile for each thread of each run, weights in ns."""
    spans = [span for history in session.runs for segment in history.segments for span in segment.spans]
    frames = {frame: place for place, frame in enumerate(dict.fromkeys(f for span in spans for f in span.frames))}
    head = {
        "$schema": _SCHEMA,
        "exporter": "dlprof",
        "name": str(session.meta.get("name", "")),
        "shared": {"frames": [_frame(frame) for frame in frames]},
    }
    yield json.dumps(head)[:-1].encode() + b', "profiles": ['
    profiles = (json.dumps(_profile(name, found, frames)) for run in session.runs for name, found in _threads(run))
    for place, profile in enumerate(profiles):
        yield (b", " if place else b"") + profile.encode()
    yield b"]}\n"


def _threads(history: RunHistory) -> Iterator[tuple[str, list[StackSpan]]]:
    """The spans of each thread, the main one first, under a name of their own."""
    spans = [span for segment in history.segments for span in segment.spans if span.frames]
    threads = dict.fromkeys((not span.main, span.thread) for span in spans)
    for other, thread in sorted(threads):
        name = run_name(history.run) + (f", thread {thread}" if other else "")
        yield name, [span for span in spans if (not span.main, span.thread) == (other, thread)]


def _profile(name: str, spans: list[StackSpan], frames: Mapping[Frame, int]) -> dict[str, Any]:
    spans = sorted(spans, key=lambda span: span.t_ns)
    return {
        "type": "sampled",
        "name": name,
        "unit": "nanoseconds",
        "startValue": 0,
        "endValue": sum(span.duration_ns for span in spans),
        "samples": [[frames[frame] for frame in span.frames] for span in spans],
        "weights": [span.duration_ns for span in spans],
    }


def _frame(frame: Frame) -> dict[str, Any]:
    return {"name": frame.name, "file": frame.file, "line": frame.line}
