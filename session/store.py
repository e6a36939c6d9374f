"""The sessions of a folder: listing, naming, finding."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader

SUFFIX = ".dlprof"


@dataclass(frozen=True)
class SessionSummary:
    """One session of a list; `problem` is one line where the file cannot be read.

    `state`: what became of it and of its runs, in a few words; the problem, where there is one.
    """

    path: Path
    name: str
    started_at: str
    tasks: tuple[str, ...]
    lanes: tuple[str, ...]
    complete: bool
    live: bool
    problem: str | None
    state: str


def sessions_in(folder: Path) -> tuple[SessionSummary, ...]:
    """The sessions in `folder`, newest first; an unreadable file is listed with its problem."""
    try:
        paths = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return ()
    return tuple(summary(path) for path in paths)


def summary(path: Path) -> SessionSummary:
    """What a list says of the session at `path`; never raises."""
    try:
        reader = SessionReader(path)
        meta, statuses = reader.meta(), reader.statuses()
    except SessionError as error:
        problem = str(error)
        return SessionSummary(path, path.stem, "", (), (), complete=False, live=False, problem=problem, state=problem)
    settings = _settings(meta)
    return SessionSummary(
        path,
        str(meta.get("name") or path.stem),
        str(meta.get("started_at", "")),
        _names(settings.get("tasks")),
        _names(settings.get("lanes")),
        complete=bool(meta.get("complete")),
        live=is_live(meta),
        problem=None,
        state=state(meta, statuses.values()),
    )


def state(meta: Mapping[str, Any], statuses: Collection[str]) -> str:
    """What became of the session that `meta` describes, and of its runs, whose last `statuses` these are.

    `recording`, `cut short` (its recorder is gone), or how it ended: `complete`, `interrupted`, `stopped after 2 of 6
    runs`; with `1 of 6 runs failed` where a run failed, was killed or could not start.
    """
    if is_live(meta):
        return "recording"
    failed = sum(status in ("failed", "killed", "unavailable") for status in statuses)
    planned = max(_planned_runs(_settings(meta)), len(statuses))
    if not meta.get("complete"):
        end = "cut short"
    elif "interrupted" in statuses:
        end = "interrupted"
    else:
        end = f"stopped after {len(statuses)} of {planned} runs" if len(statuses) < planned else ""
    failures = f"{failed} of {len(statuses)} run{'s' if len(statuses) > 1 else ''} failed" if failed else ""
    return ", ".join(part for part in (end, failures) if part) or "complete"


def _planned_runs(settings: Mapping[str, Any]) -> int:
    repeat = settings.get("repeat")
    starts = repeat if isinstance(repeat, int) else 1
    return len(_names(settings.get("tasks"))) * len(_names(settings.get("lanes"))) * starts


def _settings(meta: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = meta.get("settings")
    return settings if isinstance(settings, dict) else {}


def path_of(folder: Path, name: str) -> Path:
    """Where in `folder` the session `name` is kept."""
    return folder / f"{re.sub(r'[^A-Za-z0-9._-]', '-', name)}{SUFFIX}"


def word_for(folder: Path, session: SessionSummary) -> str:
    """What `find` takes for `session`: its name if that leads to it, or its path."""
    for name in (session.name, session.path.stem):
        if not name.startswith("-") and _found(folder, name) == session.path:
            return name
    return str(session.path)


def is_live(meta: Mapping[str, Any]) -> bool:
    """Whether the recorder named in `meta` runs on this host and has not finished."""
    recorder = meta.get("recorder")
    if meta.get("complete") or not isinstance(recorder, dict) or recorder.get("host") != platform.node():
        return False
    pid = recorder.get("pid")
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def find(folder: Path, word: str | None) -> Path:
    """The session that `word` names: a path, a name in `folder`, or (None) the newest one there.

    Raises:
        SessionError: there is none.
    """
    if word is not None:
        path = _found(folder, word)
        if path is not None:
            return path
        raise SessionError(f"no session {word!r}, neither as a path nor in {folder}; list them: dlprof sessions")
    paths = [summary.path for summary in sessions_in(folder) if summary.problem is None]
    if not paths:
        raise SessionError(f"no sessions in {folder}; record one: dlprof --record")
    return paths[0]


def _found(folder: Path, word: str) -> Path | None:
    for path in (Path(word), folder / word, folder / f"{word}{SUFFIX}", path_of(folder, word)):
        try:
            if path.is_file():
                return path
        except (OSError, ValueError):  # too long for a name, or no name at all
            continue
    return None


def _names(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
