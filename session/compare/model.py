"""A comparison of two sets of recordings, as reports and screens show it."""

from __future__ import annotations

from dataclasses import dataclass

from dlprof.session.compare.differences import Difference
from dlprof.session.compare.extent import Extent
from dlprof.session.compare.quantities import INCONCLUSIVE, REGRESSIONS, Quantity
from dlprof.session.compare.recording import Key
from dlprof.session.compare.spread import Basis
from dlprof.session.compare.stacks import FrameChange
from dlprof.session.effects import Effect
from dlprof.session.phases import PROBE

FAILED, REGRESSION, UNDECIDED, PASSED = "failed", "regression", "inconclusive", "passed"
EXIT_CODES = {PASSED: 0, FAILED: 1, REGRESSION: 1, UNDECIDED: 3}


@dataclass(frozen=True)
class Figure:
    """A quantity on one side: the geometric mean over its recordings; `reason` says why there is none."""

    value: float | None
    kind: str
    reason: str | None

    @property
    def is_estimate(self) -> bool:
        """Whether it comes from probes."""
        return self.kind.startswith(PROBE)


@dataclass(frozen=True)
class Row:
    """One quantity of one lane on both sides.

    `effect` and `basis`: candidate over baseline; None where `reason` says why. `chance`: how often as much is seen
    without a change, adjusted for the rows that are looked at together. `gates`: whether it decides the outcome.
    """

    quantity: Quantity
    baseline: Figure
    candidate: Figure
    gates: bool
    verdict: str = INCONCLUSIVE
    reason: str | None = None
    effect: Effect | None = None
    basis: Basis | None = None
    chance: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether either side has a figure."""
        return not (self.baseline.value is None and self.candidate.value is None)


@dataclass(frozen=True)
class FormatChange:
    """One format of a lane's deployment on both sides; a row without an effect has the reason for that."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class LaneChange:
    """One lane on both sides."""

    key: Key
    rows: tuple[Row, ...]
    frames: tuple[FrameChange, ...]
    extents: tuple[Extent, Extent]
    """What the baseline's figures rest on, and the candidate's."""
    formats: tuple[FormatChange, ...] = ()
    """Of the deployment; none where neither side was deployed."""

    @property
    def basis(self) -> Basis | None:
        """What the first ratio rests on; None where there is no ratio."""
        return next((row.basis for row in self.rows if row.basis is not None), None)


@dataclass(frozen=True)
class Failure:
    """A run that failed or was interrupted: its side, recording and lane, and the cause."""

    side: str
    recording: str
    key: Key
    cause: str


@dataclass(frozen=True)
class Comparison:
    """What changed from the baseline to the candidate.

    `reference`: the lane that ratios of durations and rates are relative to. `notes`: what to know before reading on,
    a line each. `missing`: lanes of one side alone, as text.
    """

    baseline: tuple[str, ...]
    candidate: tuple[str, ...]
    margin: float
    gate: tuple[str, ...]
    reference: str | None
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    failures: tuple[Failure, ...]
    missing: tuple[str, ...]
    lanes: tuple[LaneChange, ...]

    @property
    def gate_rows(self) -> tuple[tuple[Key, Row], ...]:
        """The rows that decide."""
        return tuple((lane.key, row) for lane in self.lanes for row in lane.rows if row.gates)

    @property
    def outcome(self) -> str:
        """What it comes to: a run of the candidate failed, a gate row got worse, one is undecided, or neither."""
        verdicts = [row.verdict for _, row in self.gate_rows]
        if any(failure.side == "candidate" for failure in self.failures):
            return FAILED
        if any(verdict in REGRESSIONS for verdict in verdicts):
            return REGRESSION
        return UNDECIDED if INCONCLUSIVE in verdicts or not verdicts else PASSED

    @property
    def exit_code(self) -> int:
        """0 passed, 1 a run failed or a regression was found, 3 inconclusive."""
        return EXIT_CODES[self.outcome]
