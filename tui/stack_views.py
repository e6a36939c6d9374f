"""What the stacks of a lane look like in a stretch of time: plain values that widgets draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dlprof.session.call_tree import Call, FunctionTime, call_tree, function_times
from dlprof.session.history import RunHistory
from dlprof.session.stack_phases import NOT_TOLD, STACK_PHASES, WHOLE_STEP, time_by_phase
from dlprof.session.stacks import StackTimes, time_in_stacks

MOSTLY = 0.5
"""The share of the sampled time from which on it is said that frames do not tell the phases."""


@dataclass(frozen=True)
class StackChoice:
    """What to look at: a lane and one beside it by their names, a phase of STACK_PHASES, None for all, and a time."""

    lane: str | None = None
    beside: str | None = None
    phase: str | None = None


@dataclass(frozen=True)
class StacksView:
    """The stacks of one lane, and of one beside it, between two moments, in one phase or in all."""

    lanes: tuple[str, ...]
    lane: str
    beside: str | None
    start_ns: int
    end_ns: int
    phase: str | None
    phases: tuple[tuple[str, float], ...]
    """What phases there are in the lane, and their shares of its sampled time."""
    root: Call
    """Of the lane, with the times of the one beside it."""
    beside_times: StackTimes
    samples: float
    """Of the lane, in that time and phase."""
    reason: str | None
    """Why there is nothing to see."""
    notes: tuple[str, ...]
    """What has to be known to read it."""

    @cached_property
    def beside_root(self) -> Call:
        """Of the lane beside it alone."""
        return call_tree(self.beside_times)

    @cached_property
    def functions(self) -> tuple[FunctionTime, ...]:
        """All functions of the tree, the hottest first."""
        return function_times(self.root)


def stacks_view(runs: Sequence[RunHistory], choice: StackChoice, start_ns: int, end_ns: int) -> StacksView:
    """The view of `runs`, one of each lane; of the first where the lane that was chosen is not among them."""
    lanes = {run.run.lane: run for run in runs}
    if not lanes:
        return StacksView((), "", None, start_ns, end_ns, None, (), call_tree(()), (), 0.0, "no lane has started", ())
    lane = choice.lane if choice.lane in lanes else next(iter(lanes))
    beside = choice.beside if choice.beside in lanes and choice.beside != lane else None
    run = lanes[lane]
    found = time_by_phase(time_in_stacks(run.segments, start_ns, end_ns))
    sums = {phase: sum(ns for _, ns in times) for phase, times in found.items()}
    total = sum(sums.values())
    phases = tuple((phase, sums[phase] / total) for phase in STACK_PHASES if phase in sums)
    other = time_by_phase(time_in_stacks(lanes[beside].segments, start_ns, end_ns)) if beside is not None else {}
    time, time_beside = _in_phase(found, choice.phase), _in_phase(other, choice.phase)
    root = call_tree(time, time_beside)
    return StacksView(
        lanes=tuple(lanes),
        lane=lane,
        beside=beside,
        start_ns=start_ns,
        end_ns=end_ns,
        phase=choice.phase,
        phases=phases,
        root=root,
        beside_times=time_beside,
        samples=root.ns * (run.segments[-1].hz if run.segments else 0) / 1e9,
        reason=None if root.ns or root.beside_ns else _nothing(run, choice.phase if total else None),
        notes=_notes(run, dict(phases)),
    )


def _in_phase(found: Mapping[str, StackTimes], phase: str | None) -> StackTimes:
    if phase is not None:
        return found.get(phase, ())
    return [stack for of_phase in found.values() for stack in of_phase]


def _nothing(run: RunHistory, phase: str | None) -> str:
    if phase is not None:
        return f"no sample was in {phase} in this time"
    reason = next((segment.reason for segment in reversed(run.segments) if segment.reason), None)
    if reason is not None:
        return f"stacks n/a: {reason}"
    if run.segments:
        return "no sample in this time: - looks at a longer one, a at all"
    return (
        "stacks n/a: none were sampled"
        if run.ended
        else "no stacks yet: a stretch of about 4 s of stepping is stored when it is over"
    )


def _notes(run: RunHistory, phases: Mapping[str, float]) -> tuple[str, ...]:
    notes = []
    if phases.get(WHOLE_STEP, 0.0) >= MOSTLY:
        notes.append("a step is one compiled program here: one frame holds it, so no phase is told")
    elif phases.get(NOT_TOLD, 0.0) >= MOSTLY:
        notes.append("most frames do not tell which phase they belong to")
    if missed := sum(segment.errors for segment in run.segments):
        notes.append(f"{missed} {'sample' if missed == 1 else 'samples'} could not be read")
    return tuple(notes)
