import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import builder
import jsonschema

from dlprof.session.exports.excerpt import excerpt
from dlprof.session.exports.speedscope import speedscope
from dlprof.session.history import SessionHistory
from dlprof.session.records import Frame, StackSegment, StackSpan

SCHEMA = json.loads((Path(__file__).parent / "speedscope" / "file-format-schema.json").read_text())


def exported(session: SessionHistory) -> dict[str, Any]:
    document = json.loads(b"".join(speedscope(session)))
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft7Validator)
    return document


def stacks(document: dict[str, Any], profile: dict[str, Any]) -> list[tuple[tuple[Frame, ...], int]]:
    frames = [Frame(**frame) for frame in document["shared"]["frames"]]
    pairs = zip(profile["samples"], profile["weights"], strict=True)
    return [(tuple(frames[place] for place in sample), weight) for sample, weight in pairs]


def test_each_run_is_a_profile_with_its_stacks_and_times(session: SessionHistory) -> None:
    document = exported(session)
    assert document["name"] == "example"
    assert [p["name"] for p in document["profiles"]] == [f"{lane} mnist-mlp" for lane, _ in builder.LANES.values()]
    for profile, run in zip(document["profiles"], session.runs, strict=True):
        spans = [span for segment in run.segments for span in segment.spans]
        assert stacks(document, profile) == [(span.frames, span.duration_ns) for span in spans]
        assert profile["endValue"] == sum(span.duration_ns for span in spans)


def test_threads_are_profiles_of_their_own_the_main_one_first(session: SessionHistory) -> None:
    frames = (Frame("loader", "data.py", 3),)
    spans = (
        StackSpan(1, 5, 10, 9, False, frames),
        StackSpan(1, 6, 20, 1, True, frames),
        StackSpan(1, 7, 1, 1, True, ()),
    )
    run = replace(session.runs[0], segments=(StackSegment(1, 9, 20, 1, 0, None, spans),))
    document = exported(replace(session, runs=(run,)))
    assert [(p["name"], p["weights"]) for p in document["profiles"]] == [
        ("torch mnist-mlp", [20]),
        ("torch mnist-mlp, thread 9", [10]),
    ]


def test_an_excerpt_and_an_empty_session(session: SessionHistory) -> None:
    document = exported(excerpt(session, 7 * builder.SECOND, 8 * builder.SECOND))
    assert [profile["name"] for profile in document["profiles"]] == ["torch mnist-mlp"]
    assert exported(replace(session, runs=()))["profiles"] == []
