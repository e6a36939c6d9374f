"""Which functions gained a share of the time."""

from typing import Any

import builder

from dlprof.session.compare.stacks import FrameTimes, frame_changes, frame_times
from dlprof.session.history import RunHistory
from dlprof.session.records import Frame, Run, StackSegment, StackSpan

SECOND = builder.SECOND


def times(**samples: float) -> FrameTimes:
    return FrameTimes({(name, "f.py"): count for name, count in samples.items()})


def test_gained_and_new_functions_are_listed_largest_first() -> None:
    before, after = times(steady=500, grown=100, gone=400), times(steady=500, grown=350, new=150)
    changes = frame_changes([before], [after])
    assert [(one.name, round(one.gained, 2), one.is_new) for one in changes] == [
        ("gone", -0.4, False),
        ("grown", 0.25, False),
        ("new", 0.15, True),
    ]


def test_few_samples_tell_nothing() -> None:
    assert frame_changes([times(a=5, b=5)], [times(a=7, b=3)]) == ()
    assert frame_changes([times()], [times(a=700)]) == ()
    assert frame_changes([], []) == ()


def test_shares_are_those_of_all_runs_of_a_side() -> None:
    (grown, other) = frame_changes([times(a=400, b=0), times(a=0, b=400)], [times(a=600, b=200)])
    assert {grown.baseline, other.baseline} == {0.5}


def test_a_function_is_the_same_in_another_environment_and_on_another_line() -> None:
    def made(file: str, line: int, **changes: Any) -> RunHistory:
        span = StackSpan(1, 0, SECOND, 1, True, (Frame("main", "m.py", 1), Frame("forward", file, line)))
        idle = StackSpan(1, 0, SECOND, 2, False, (Frame("wait", "threading.py", 3),))
        run = Run(1, "torch", "torch", None, "default", "t", 0, "cpu", 1)
        return RunHistory(run, segments=(StackSegment(1, 1, 20, SECOND, 0, None, (span, idle)),))

    one, other = (
        frame_times(made(file, line))
        for file, line in (("/a/lib/python3.11/site-packages/torch/nn.py", 3), ("torch/nn.py", 9))
    )
    assert one.samples == other.samples == {("forward", "torch/nn.py"): 20.0}
    checkouts = (frame_times(made(f"/{home}/dlprof/workloads/torch.py", 1)) for home in ("a", "b"))
    assert {tuple(one.samples) for one in checkouts} == {(("forward", "dlprof/workloads/torch.py"),)}
