"""The deployment of a run's model: what its events say, as the report has it. See docs/deploy.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlprof.session.figures import known
from dlprof.session.history import RunHistory, SessionHistory

EQUAL_WITHIN = 1e-5
"""Of logits: predictions that differ by no more are the same."""
_DURATIONS = ("save", "import", "load", "cold_start", "latency_p50", "latency_p95")
_OTHERS = ("samples_per_s", "peak_bytes")


def deployment(history: RunHistory, session: SessionHistory) -> dict[str, Any]:
    """`deploy` of the report: its formats, and what the framework takes to install. Durations in ms, host's clock."""
    events = [event.data for event in history.events if event.kind == "deployed"]
    installed = history.last("installed")
    if not events and not installed:
        asked = session.settings.get("deploy") is True
        return known("deploy", None, "the run did not come to it" if asked else "not asked for: --deploy")
    formats = [_format(event) for event in events]
    return {"deploy": {"clock": "host", "formats": formats, "install": _install(installed)}}


def _format(event: Mapping[str, Any]) -> dict[str, Any]:
    reason, difference = event.get("reason"), event.get("largest_difference")
    figures = {"bytes": event.get("bytes")}
    figures |= {f"{name}_ms": None if (ns := event.get(f"{name}_ns")) is None else ns / 1e6 for name in _DURATIONS}
    figures |= {name: event.get(name) for name in _OTHERS}
    figures |= {"largest_difference": difference, "equal": None if difference is None else difference <= EQUAL_WITHIN}
    of_difference = event.get("difference_reason", reason)
    reasons = {"largest_difference": of_difference, "equal": of_difference}
    return {
        "format": str(event.get("format", "")),
        "worked": reason is None,
        **({} if reason is None else {"reason": reason}),
        **_known(figures, {name: reasons.get(name, reason) for name in figures}),
        "needs": [str(name) for name in event.get("needs", [])],
    }


def _install(installed: Mapping[str, Any]) -> dict[str, Any]:
    import_ns = installed.get("import_ns")
    figures = {name: installed.get(name) for name in ("distributions", "bytes")}
    figures["import_ms"] = None if import_ns is None else import_ns / 1e6
    return _known(figures, dict.fromkeys(figures, installed.get("reason")))


def _known(figures: Mapping[str, Any], reasons: Mapping[str, str | None]) -> dict[str, Any]:
    """Each of `figures`, or None beside its reason."""
    pairs = (known(name, value, reasons[name] or "not told") for name, value in figures.items())
    return {key: value for pair in pairs for key, value in pair.items()}
