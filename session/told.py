"""The JSON of a session: what lanes and recorder told, read as hostile input."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from dlprof.session.records import LARGEST
from dlprof.session.text import clean, clean_line

_LONGEST = 1 << 20
_LONGEST_STRING = 64 * 1024
_DEEPEST = 32
_MOST_VALUES = 50_000

Shape = Mapping[str, Any]
"""A type, or a Shape in turn, for each key whose value has to be of it."""

_TEXT_OR_NONE = (str, type(None))
_WHOLE_OR_NONE, _NUMBER_OR_NONE = (int, type(None)), (int, float, type(None))
DESCRIPTION: Shape = {
    "id": str,
    "name": str,
    "started_at": str,
    "schedule": str,
    "machine": {"cpu": str, "cores": dict, "gpus": list, "host": str, "os": str},
    "versions": dict,
    "settings": {
        "lanes": list,
        "tasks": list,
        "repeat": int,
        "steps": _WHOLE_OR_NONE,
        "duration_s": _NUMBER_OR_NONE,
    },
    "recorder": dict,
    "horizon_ns": int,
}
EVENTS: Mapping[str, Shape] = {
    "status": {"status": str, "cause": _TEXT_OR_NONE},
    "error": {"type": str, "message": str, "traceback": str},
    "output": {"stream": str, "tail": str},
    "dropped": {"steps": int},
    "unavailable": {"what": str, "reason": str},
    "prepared": {
        "task": str,
        "samples": int,
        "held_out": int,
        "bytes": int,
        "data": str,
        "files": int,
        "source_bytes": int,
        "sha256": str,
        "labels": int,
    },
    "accuracy": {"accuracy": (int, float), "steps": int, "stepping_ns": int, "took_ns": int},
    "deployed": {
        "format": str,
        "save_ns": int,
        "bytes": int,
        "import_ns": int,
        "load_ns": int,
        "cold_start_ns": int,
        "latency_p50_ns": int,
        "latency_p95_ns": int,
        "samples_per_s": (int, float),
        "peak_bytes": int,
        "largest_difference": (int, float),
        "difference_reason": str,
        "needs": list,
        "reason": str,
    },
    "installed": {"distributions": int, "bytes": int, "import_ns": int, "reason": str},
    "described": {
        "framework_version": str,
        "backend_version": str,
        "compilations": int,
        "parameters": int,
        "clocks": dict,
        "reasons": dict,
        "threads": dict,
        "determinism": dict,
        "input": dict,
        "host_before_import_bytes": int,
        "host_import_bytes": int,
        "host_model_bytes": int,
        "host_first_steps_bytes": int,
        "host_training_peak_bytes": int,
        "host_peak_since": str,
    },
}


def settings_of(description: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was asked for, from a session's description; empty where that does not say."""
    settings = description.get("settings")
    return settings if isinstance(settings, dict) else {}


def value(text: Any) -> Any:
    """What `text` holds, with clean strings; a number that no machine counts to, or NaN, is None.

    Raises:
        ValueError: it cannot be read, is too long, too deep, or of too many parts.
    """
    return _Cleaner().clean(parsed(text), 0)


def parsed(text: Any) -> Any:
    """What `text` holds, as it is.

    Raises:
        ValueError: it is no JSON, too long, or too deep.
    """
    if not isinstance(text, str):
        raise ValueError("not a text")
    if len(text) > _LONGEST:
        raise ValueError("too long a text")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"unreadable from character {error.pos + 1} on") from error
    except ValueError as error:
        raise ValueError("a number of too many digits") from error
    except RecursionError:
        raise ValueError("nested too deep") from None


def description(entries: Mapping[str, Any]) -> dict[str, Any]:
    """A session's description, without entries of a wrong type."""
    return _shaped(entries, DESCRIPTION)


def event_data(kind: str, data: Any) -> dict[str, Any]:
    """An event's data, without entries of a wrong type: they were not told."""
    if not isinstance(data, dict):
        return {}
    if kind == "metrics":
        return {name: metric for name, metric in data.items() if _is(metric, str if name == "reason" else (int, float))}
    return _shaped(data, EVENTS.get(kind, {}))


def _shaped(entries: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    return {
        key: _shaped(entry, shape[key]) if isinstance(shape.get(key), dict) else entry
        for key, entry in entries.items()
        if key not in shape or _is(entry, shape[key])
    }


def _is(entry: Any, wanted: Any) -> bool:
    if isinstance(entry, bool):
        return wanted is bool
    return isinstance(entry, dict if isinstance(wanted, dict) else wanted)


class _Cleaner:
    """Cleans the values of one text, and counts them."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def clean(self, found: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise ValueError("too many parts, or nested too deep")
        if isinstance(found, str):
            return clean(found, _LONGEST_STRING)
        if isinstance(found, list):
            return [self.clean(item, depth + 1) for item in found]
        if isinstance(found, dict):
            return {clean_line(str(key)): self.clean(item, depth + 1) for key, item in found.items()}
        if isinstance(found, float):
            return found if math.isfinite(found) else None
        return None if isinstance(found, int) and abs(found) >= LARGEST else found
