"""What is remembered for the set-up screen: a small file of the user's, read as hostile input."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from dlprof.tui.contracts import Choice

LARGEST_BYTES = 1 << 16
_MOST_STEPS, _LONGEST_S = 10**12, 1e9
CHOICE, SESSIONS = "choice", "sessions"
MOST_SESSIONS = 50


def state_file() -> Path:
    """Where it is kept: in XDG_STATE_HOME, or what stands for that on this system."""
    return user_state_path("dlprof") / "screen.json"


def remembered_choice(path: Path) -> Choice | None:
    """The choice of the last recording; None where there is none that can be understood."""
    said = _read(path).get(CHOICE)
    if not isinstance(said, dict):
        return None
    lanes, tasks, device = _words(said.get("lanes")), _words(said.get("tasks")), said.get("device")
    if lanes is None or tasks is None or not isinstance(device, str):
        return None
    length = _length(said.get("duration_s"), said.get("steps"))
    return Choice(lanes, tasks, device, *length, _options(said.get("options")))


def _length(seconds: Any, steps: Any) -> tuple[float | None, int | None]:
    """Seconds or steps, as far as they are any that can be asked for."""
    if type(steps) is int and 0 < steps <= _MOST_STEPS:
        return None, steps
    if type(seconds) in (int, float) and 0 < seconds <= _LONGEST_S:
        return float(seconds), None
    return None, None


def _options(value: Any) -> tuple[tuple[str, str], ...]:
    """Names and texts, as far as they are any."""
    pairs = value if isinstance(value, list) else []
    words = (_words(pair) for pair in pairs)
    return tuple((pair[0], pair[1]) for pair in words if pair is not None and len(pair) == 2)


def remember(path: Path, choice: Choice) -> None:
    """Keep this choice; where nothing can be written, nothing is remembered."""
    _write(path, {**_read(path), CHOICE: asdict(choice)})


def remembered_sessions(path: Path) -> tuple[Path, ...]:
    """The sessions that were recorded outside the sessions' folder, as far as they are still there."""
    words = _words(_read(path).get(SESSIONS)) or ()
    return tuple(session for session in map(Path, words) if session.is_absolute() and _is_file(session))


def remember_session(path: Path, session: Path) -> None:
    """Keep where a session outside the sessions' folder is; those that are gone are forgotten."""
    others = (other for other in remembered_sessions(path) if other != session)
    _write(path, {**_read(path), SESSIONS: [str(session), *map(str, others)][:MOST_SESSIONS]})


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a name, or no name at all
        return False


def _write(path: Path, said: Mapping[str, Any]) -> None:
    text = json.dumps(said, indent=1)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _words(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    words = tuple(word for word in value if isinstance(word, str))
    return words if len(words) == len(value) else None
