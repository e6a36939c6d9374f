"""How soon a run reached the accuracy that was asked for, on held-out data."""

from __future__ import annotations

from typing import Any

from dlprof.session.figures import grouped
from dlprof.session.history import RunHistory, SessionHistory


def target(history: RunHistory, session: SessionHistory) -> dict[str, Any]:
    """`target` of the report: seconds of stepping and steps since the warm-up until it was first seen to be reached.

    None without a reason: it was not asked for. Host's clock.
    """
    wanted = session.settings.get("target_accuracy")
    if not isinstance(wanted, (int, float)) or isinstance(wanted, bool):
        return {"target": None}
    looks = [event.data for event in history.events if event.kind == "accuracy" and _is_whole(event.data)]
    best = max((look["accuracy"] for look in looks), default=None)
    first = next((look for look in looks if look["accuracy"] >= wanted), None)
    found: dict[str, Any] = {"accuracy": wanted, "looks": len(looks), "best": best, "clock": "host"}
    if first is not None:
        return {"target": {**found, "seconds": first["stepping_ns"] / 1e9, "steps": first["steps"]}}
    return {"target": {**found, "seconds": None, "seconds_reason": _reason(best, len(looks)), "steps": None}}


def sentence(lane: str, found: dict[str, Any] | None) -> str | None:
    """The same of a lane in one line; None where it was not asked for."""
    if found is None:
        return None
    wanted = f"{lane} to {found['accuracy']:.4g} accuracy: "
    if found["seconds"] is None:
        return f"{wanted}{found['seconds_reason']}"
    return f"{wanted}{found['seconds']:,.1f} s of stepping, {grouped(found['steps'])} steps"


def _is_whole(look: Any) -> bool:
    return all(name in look for name in ("accuracy", "steps", "stepping_ns"))


def _reason(best: float | None, looks: int) -> str:
    if best is None:
        return "not looked at: the run had no whole turn, or its lane cannot look between turns (Keras on JAX)"
    return f"not reached; {best:.3f} at best, in {looks} look{'s' if looks > 1 else ''}"
