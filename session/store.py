"""The sessions of a folder: listing, finding."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader

SUFFIX = ".dlprof"


@dataclass(frozen=True)
class SessionSummary:
    """One session of a list; `problem` is one line where the file cannot be read."""

    path: Path
    name: str
    started_at: str
    tasks: tuple[str, ...]
    lanes: tuple[str, ...]
    complete: bool
    live: bool
    problem: str | None


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
        meta = reader.meta()
    except SessionError as error:
        return SessionSummary(path, path.stem, "", (), (), complete=False, live=False, problem=str(error))
    settings = meta.get("settings")
    settings = settings if isinstance(settings, dict) else {}
    return SessionSummary(
        path,
        str(meta.get("name") or path.stem),
        str(meta.get("started_at", "")),
        _names(settings.get("tasks")),
        _names(settings.get("lanes")),
        complete=bool(meta.get("complete")),
        live=is_live(meta),
        problem=None,
    )


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
        for path in (Path(word), folder / word, folder / f"{word}{SUFFIX}"):
            if path.is_file():
                return path
        raise SessionError(f"no session {word!r}, neither as a path nor in {folder}; list them: dlprof sessions")
    paths = [summary.path for summary in sessions_in(folder) if summary.problem is None]
    if not paths:
        raise SessionError(f"no sessions in {folder}; record one: dlprof --record")
    return paths[0]


def _names(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
