"""How each lane's framework was set, in words: what a comparison of them depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlprof.session.text import clean_line

_LONGEST = 400


def lane_settings(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each way in which lanes of `runs`, a report's, were set; none for runs that did not come so far."""
    said: dict[str, dict[str, None]] = {}
    for run in runs:
        if run["jit"] is not None:
            said.setdefault("; ".join(_settings(run)), {})[run["lane"]] = None
    return [clean_line(f"{', '.join(lanes)}: {settings}", _LONGEST) for settings, lanes in said.items()]


def _settings(run: Mapping[str, Any]) -> Iterator[str]:
    if run["backend_version"] is not None:
        yield f"on {run['backend'] or run['framework']} {run['backend_version']}"
    if run["left_uncompiled"]:
        yield "asked to compile (jit), and nothing was compiled: it ran as without"
    else:
        yield "compiled (jit)" if run["jit"] else "not compiled"
    threads = dict(run["threads"])
    note = threads.pop("note", None)
    numbers = ", ".join(f"{name} {number}" for name, number in threads.items())
    yield " ".join(["threads", *filter(None, [numbers, f"({note})" if note else ""])])
    if run["determinism"]:
        yield ", ".join(f"{name} {_state(value)}" for name, value in run["determinism"].items())
    if run["memory_growth"] is not None:
        yield f"GPU memory taken {'as needed' if run['memory_growth'] else 'all at once'}"


def _state(value: Any) -> str:
    if value is None:
        return "not set"
    return str(value) if not isinstance(value, bool) else "on" if value else "off"
