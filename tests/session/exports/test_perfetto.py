from dataclasses import replace

import builder
import numpy as np
import perfetto_reading as reading

from dlprof.session.exports.excerpt import excerpt
from dlprof.session.exports.perfetto import perfetto
from dlprof.session.history import STEP_CLASSES, STEP_COLUMNS, RunHistory, SessionHistory, Steps
from dlprof.session.records import PHASES, Event, Frame, StackSegment, StackSpan

LANES = [lane for lane, _ in builder.LANES.values()]


def of_steps(found: reading.Trace, run: RunHistory) -> list[reading.Slice]:
    return [piece for piece in found.slices[f"{run.run.lane} mnist-mlp"] if piece.track == "steps"]


def test_steps_and_their_phases_are_slices_that_nest(session: SessionHistory) -> None:
    found = reading.read(perfetto(session))
    assert set(found.slices) == {f"{lane} mnist-mlp" for lane in LANES}
    for run in session.runs:
        slices = iter(of_steps(found, run))
        for row, kind in zip(run.steps.values, run.steps.classes, strict=True):
            step: dict[str, float] = dict(zip(STEP_COLUMNS, row.tolist(), strict=True))
            whole = next(slices)
            name = STEP_CLASSES[kind]
            assert whole.name == ("step" if name == "counted" else f"{name} step")
            assert (whole.start_ns, whole.end_ns) == (step["start_ns"], step["start_ns"] + step["total_ns"])
            assert (whole.depth, whole.clock, whole.said) == (0, "host", {"index": step["index"]})
            step["other_ns"] = step["total_ns"] - sum(step[f"{phase}_ns"] for phase in PHASES[:4])
            at = whole.start_ns
            for phase in PHASES:
                if not np.isnan(step[f"{phase}_ns"]):
                    part = next(slices)
                    assert (part.name, part.depth, part.clock) == (phase, 1, "host")
                    assert (part.start_ns, part.end_ns - part.start_ns) == (at, step[f"{phase}_ns"])
                    at = part.end_ns
        assert next(slices, None) is None


def test_memory_and_loss_are_counters_with_units(session: SessionHistory) -> None:
    found = reading.read(perfetto(session))
    for run in session.runs:
        name = f"{run.run.lane} mnist-mlp"
        assert found.counters[name, "host memory, resident"] == [(s.t_ns, s.rss) for s in run.host]
        assert found.counters[name, "host memory, unique"] == [(s.t_ns, s.uss) for s in run.host]
        assert found.units[name, "host memory, unique"] == "bytes"
        ends, losses = run.steps.end_ns, run.steps.column("loss")
        known = ~np.isnan(losses)
        assert found.counters[name, "loss"] == list(zip(ends[known], losses[known], strict=True))
        assert (name, "host memory, proportional") not in found.counters
        assert (name, "allocator, allocated") not in found.counters
    assert found.counters["GPU GPU-1", "memory"] == [(5, 10)]
    assert found.counters["GPU GPU-1", "power"] == [(7, 70_000)]
    assert found.units["GPU GPU-1", "power"] == "mW"


def test_turns_and_events_have_tracks(session: SessionHistory) -> None:
    found = reading.read(perfetto(session))
    first, second, _ = session.runs
    turns = [piece for piece in found.slices["torch mnist-mlp"] if piece.track == "turns"]
    assert [(turn.start_ns, turn.end_ns) for turn in turns] == [(t.start_ns, t.end_ns) for t in first.turns]
    assert turns[1].said == {"index": 1, "waited": True, "sampled": True}
    assert [(piece.name, piece.start_ns) for piece in found.instants["tensorflow mnist-mlp"]] == [
        (event.data["status"] if event.kind == "status" else event.kind, event.t_ns) for event in second.events
    ]
    (probe,) = (piece for piece in found.instants["torch mnist-mlp"] if piece.name == "probe")
    assert (probe.start_ns, probe.said) == (8, {"forward_ns": 5, "backward_ns": 6})
    (told,) = found.instants["session"]
    assert told.said == {"what": "gpu memory", "reason": "no driver"}


def test_stacks_are_samples_at_the_rate_at_which_they_were_taken(session: SessionHistory) -> None:
    main = (Frame("<module>", "main.py", 1), Frame("train", "loop.py", 7))
    spans = (
        StackSpan(1, 10 * builder.SECOND, 150 * builder.MS, 77, True, main),
        StackSpan(1, 11 * builder.SECOND, 3 * builder.MS, 77, True, (*main, Frame("train", "other.py", 7))),
        StackSpan(1, 11 * builder.SECOND, 0, 78, False, main[:1]),
    )
    run = replace(session.runs[0], segments=(StackSegment(1, 12 * builder.SECOND, 20, 1, 0, None, spans),))
    found = reading.read(perfetto(replace(session, runs=(run,)))).samples
    stack = [("<module>", "main.py", 1), ("train", "loop.py", 7)]
    assert found == {
        ("torch mnist-mlp", "main thread"): [
            *((10 * builder.SECOND + 50 * builder.MS * place, stack) for place in range(3)),
            (11 * builder.SECOND, [*stack, ("train", "other.py", 7)]),
        ],
        ("torch mnist-mlp", "thread 78"): [(11 * builder.SECOND, stack[:1])],
    }


def test_every_run_shows_its_samples(session: SessionHistory) -> None:
    found = reading.read(perfetto(session)).samples
    for run in session.runs:
        spans = [span for segment in run.segments for span in segment.spans]
        samples = found[f"{run.run.lane} mnist-mlp", "main thread"]
        assert len(samples) == sum(max(1, round(span.duration_ns / (50 * builder.MS))) for span in spans)
        assert {t_ns for t_ns, _ in samples} >= {span.t_ns for span in spans}


def test_steps_that_a_host_began_ahead_of_its_device_follow_one_another(session: SessionHistory) -> None:
    steps = np.full((3, len(STEP_COLUMNS)), np.nan)
    for column, values in (("index", (0, 1, 2)), ("start_ns", (0, 10, 500)), ("total_ns", (100, 120, 50))):
        steps[:, STEP_COLUMNS.index(column)] = values
    steps[:, STEP_COLUMNS.index("flags")] = 0
    run = replace(session.runs[0], steps=Steps(steps))
    slices = of_steps(reading.read(perfetto(replace(session, runs=(run,)))), run)
    assert [(piece.start_ns, piece.end_ns, piece.depth) for piece in slices] == [
        (0, 100, 0),
        (100, 220, 0),
        (500, 550, 0),
    ]


def test_numbers_of_a_damaged_file_make_no_broken_trace(session: SessionHistory) -> None:
    values = session.runs[0].steps.values.copy()
    values[:, 1:7] = [-1, 2.0**63, 1e300, -1e300, -5, 7]
    events = (Event(-7, 1, "output", {"tail": "a\x00\ud7ffb" * 10, "parts": [1, {"a": None}], "on": True}),)
    frames = (Frame("f", "f.py", -1), Frame("f", "f.py", 2**40))
    segment = StackSegment(1, 1, 2**40, 1, 0, None, (StackSpan(1, -1, 2**60, 1, True, frames),))
    run = replace(session.runs[0], steps=Steps(values), events=events, segments=(segment,))
    found = reading.read(perfetto(replace(session, runs=(run,))))
    assert len(of_steps(found, run)) >= len(run.steps)
    (told,) = found.instants[f"{run.run.lane} mnist-mlp"][:1]
    assert told.said == {"tail": "a\x00\ud7ffb" * 10, "parts": '[1, {"a": null}]', "on": True}


def test_a_session_without_runs_is_a_trace(session: SessionHistory) -> None:
    assert not reading.read(perfetto(replace(session, runs=()))).slices
    empty = replace(session.runs[0], steps=Steps(session.runs[0].steps.values[:0]), turns=(), host=(), segments=())
    assert not reading.read(perfetto(replace(session, runs=(empty,)))).slices


def test_an_excerpt_holds_what_began_in_it_and_no_more(session: SessionHistory) -> None:
    cut = 7 * builder.SECOND + 5 * builder.MS
    first, second = (
        reading.read(perfetto(excerpt(session, start, end))) for start, end in ((0, cut), (cut, session.horizon_ns))
    )
    whole = reading.read(perfetto(session))
    for name, slices in whole.slices.items():
        assert first.slices[name] + second.slices[name] == slices
        assert all(piece.start_ns < cut for piece in first.slices[name] if not piece.depth)
        assert all(piece.start_ns >= cut for piece in second.slices[name])
    told = [(piece.name, piece.start_ns) for piece in second.instants["tensorflow mnist-mlp"]]
    assert told == [("stepping", cut), ("described", cut)]
