"""A comparison as the data of `dlprof.compare/1`: durations in ms, sizes in bytes. docs/compare.md explains it."""

from __future__ import annotations

from typing import Any

from dlprof.session.compare.extent import Extent
from dlprof.session.compare.model import Comparison, Failure, LaneChange, Row
from dlprof.session.compare.recording import Key
from dlprof.session.compare.spread import Basis
from dlprof.session.compare.stacks import FrameChange
from dlprof.session.figures import known, step_counts

SCHEMA = "dlprof.compare/1"


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """`comparison` for programs; a value that is not available is None beside a `<name>_reason`."""
    return {
        "schema": SCHEMA,
        "baseline": list(comparison.baseline),
        "candidate": list(comparison.candidate),
        "margin": comparison.margin,
        "gate": list(comparison.gate),
        "reference": comparison.reference,
        "outcome": comparison.outcome,
        "exit_code": comparison.exit_code,
        "differences": [dict(vars(difference)) for difference in comparison.differences],
        "notes": list(comparison.notes),
        "missing": list(comparison.missing),
        "failures": [_failure(failure) for failure in comparison.failures],
        "lanes": [_lane(lane) for lane in comparison.lanes],
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {"side": failure.side, "recording": failure.recording, **_key(failure.key), "cause": failure.cause}


def _key(key: Key) -> dict[str, str]:
    return {"task": key.task, "lane": key.lane, "mode": key.mode}


def _lane(lane: LaneChange) -> dict[str, Any]:
    return {
        **_key(lane.key),
        "extent": dict(zip(("baseline", "candidate"), map(_extent, lane.extents), strict=True)),
        "rows": [_row(row) for row in lane.rows],
        "frames": [_frame(frame) for frame in lane.frames],
        "formats": [{"format": of.name, "rows": [_row(row) for row in of.rows]} for of in lane.formats],
    }


def _extent(extent: Extent) -> dict[str, Any]:
    return {
        "starts": extent.starts,
        "stepping_s": extent.stepping_ns / 1e9,
        "turns": {"total": extent.turns, **known("disturbed", extent.disturbed, "not known what else went on")},
        "steps": {**step_counts(extent.steps), "dropped": extent.dropped},
    }


def _row(row: Row) -> dict[str, Any]:
    quantity, effect = row.quantity, row.effect
    reason = {} if row.reason is None else {"reason": row.reason}
    return {
        "quantity": quantity.key,
        "unit": quantity.unit,
        **known("baseline", row.baseline.value, str(row.baseline.reason)),
        **known("candidate", row.candidate.value, str(row.candidate.reason)),
        "kind": [row.baseline.kind, row.candidate.kind],
        "estimate": row.candidate.is_estimate,
        **known("ratio", effect.ratio if effect else None, str(row.reason)),
        "ci95": list(effect.interval) if effect else None,
        "chance": row.chance,
        "gates": row.gates,
        "verdict": row.verdict,
        **reason,
        "basis": None if row.basis is None else _basis(row.basis),
    }


def _basis(basis: Basis) -> dict[str, Any]:
    return {
        "design": basis.design.value,
        "recordings": list(basis.recordings),
        "starts": list(basis.starts),
        "spread": basis.spread,
        "turn_error": basis.turn_error,
        "assumed_drift": basis.drift,
    }


def _frame(frame: FrameChange) -> dict[str, Any]:
    return {
        "function": frame.name,
        "file": frame.file,
        "baseline_share": frame.baseline,
        "candidate_share": frame.candidate,
        "new": frame.is_new,
    }
