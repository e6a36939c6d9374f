"""The sessions of a folder: listing, naming, finding, deleting."""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.liveness import is_live, other_host
from dlprof.session.records import FAILED_STATUSES, INTERRUPTED, STOPPED, UNFINISHED
from dlprof.session.text import clean_line
from dlprof.session.told import settings_of
from dlprof.session.untrusted import other_than_file
from dlprof.session.writer import JOURNALS, delete_files

COMPLETE = "complete"
"""The state of a session that has all that was planned."""
SUFFIX = ".dlprof"
QUIET_SECONDS = 60.0
"""A file that did not change for so long is not being recorded: a recorder commits twice a second."""


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
    note: str
    seconds: float
    """How far the recording goes."""
    size: int
    """Bytes, with the journals beside it."""
    host: str | None
    """The host that alone knows whether the session still goes on, where that is not this one."""


def last_written_first(folder: Path, elsewhere: Iterable[Path] = ()) -> Iterator[SessionSummary]:
    """The sessions in `folder` and those `elsewhere`, each read when it is asked for.

    An unreadable file is there with its problem.
    """
    paths = [*elsewhere]
    with suppress(OSError):
        paths += folder.glob(f"*{SUFFIX}")
    yield from map(summary, sorted(paths, key=_changed, reverse=True))


def sessions_in(folder: Path) -> tuple[SessionSummary, ...]:
    """Those in `folder`, the one that was started last first."""
    return newest_first(last_written_first(folder))


def newest_first(sessions: Iterable[SessionSummary]) -> tuple[SessionSummary, ...]:
    """`sessions` by their start, all of which are written in UTC; those without one last, in the order they had."""
    return tuple(sorted(sessions, key=lambda session: session.started_at, reverse=True))


def _changed(path: Path) -> float:
    """When the session at `path` was last written to, s since the epoch; 0 where it is gone."""
    return max((stat.st_mtime for stat in _stats(path)), default=0.0)


def _stats(path: Path) -> list[os.stat_result]:
    """Of `path` and of the journals that SQLite keeps beside it, as far as they are there."""
    found = []
    for suffix in ("", *JOURNALS):
        with suppress(OSError):
            found.append(Path(f"{path}{suffix}").stat())
    return found


def summary(path: Path) -> SessionSummary:
    """What a list says of the session at `path`; never raises."""
    try:
        reader = SessionReader(path)
        meta, statuses = reader.meta(), reader.statuses()
    except SessionError as error:
        problem = str(error)
        return SessionSummary(
            path,
            path.stem,
            "",
            (),
            (),
            complete=False,
            live=False,
            problem=problem,
            state=problem,
            note="",
            seconds=0.0,
            size=_size(path),
            host=None,
        )
    settings = settings_of(meta)
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
        note=clean_line(str(meta.get("note") or "")),
        seconds=int(meta.get("horizon_ns", 0)) / 1e9,
        size=_size(path),
        host=other_host(meta),
    )


def _size(path: Path) -> int:
    return sum(stat.st_size for stat in _stats(path))


def state(meta: Mapping[str, Any], statuses: Collection[str]) -> str:
    """What became of the session that `meta` describes, and of its runs, whose last `statuses` these are.

    `recording`, `unfinished` (its recorder was killed, or it is a copy of what went on), `unfinished on HOST` (only
    there it can be told), or how it ended: `complete`, `interrupted`, `stopped early` (all runs before they were as
    long as they were to be), `2 of 6 runs stopped early`, `stopped after 2 of 6 runs`; with `1 of 6 runs failed` where
    a run failed, was killed or could not start.
    """
    if is_live(meta):
        return "recording"
    failed = sum(status in FAILED_STATUSES for status in statuses)
    planned = max(_planned_runs(settings_of(meta)), len(statuses))
    if not meta.get("complete"):
        host = other_host(meta)
        end = UNFINISHED if host is None else f"{UNFINISHED} on {clean_line(host, 64)}"
    elif INTERRUPTED in statuses:
        end = INTERRUPTED
    else:
        end = _stopped(list(statuses).count(STOPPED), len(statuses), planned)
    failures = f"{failed} of {len(statuses)} run{'s' if len(statuses) > 1 else ''} failed" if failed else ""
    return ", ".join(part for part in (end, failures) if part) or COMPLETE


def _stopped(early: int, begun: int, planned: int) -> str:
    """How much of a session was left out because somebody asked for it; empty where nothing was."""
    if begun < planned:
        return f"stopped after {begun} of {planned} runs{f', {early} of them early' if early else ''}"
    if not early:
        return ""
    return "stopped early" if early == begun else f"{early} of {begun} runs stopped early"


def _planned_runs(settings: Mapping[str, Any]) -> int:
    repeat = settings.get("repeat")
    starts = repeat if isinstance(repeat, int) else 1
    return len(_names(settings.get("tasks"))) * len(_names(settings.get("lanes"))) * starts


def path_of(folder: Path, name: str) -> Path:
    """Where in `folder` the session `name` is kept."""
    return folder / f"{re.sub(r'[^A-Za-z0-9._-]', '-', name)}{SUFFIX}"


def word_for(folder: Path, session: SessionSummary) -> str:
    """What `find` takes for `session`: its name if that leads to it, or its path."""
    for name in (session.name, session.path.stem):
        if not name.startswith("-") and _files(folder, name) == [session.path]:
            return name
    return str(session.path)


def find(folder: Path, word: str | None) -> Path:
    """The session that `word` names: a path, a name in `folder`, or (None) the one there that was written to last.

    Raises:
        SessionError: there is none, or more than one file of that name.
    """
    if word is not None:
        return _named(folder, word)
    newest = next((session.path for session in last_written_first(folder) if session.problem is None), None)
    if newest is None:
        raise SessionError(f"no sessions in {folder}; record one: dlprof --record")
    return newest


def find_live(folder: Path, word: str | None) -> Path:
    """The session that `word` names as `find` does, or (None) the one that was written to last
    of those in `folder` that are being recorded.

    Raises:
        SessionError: there is none, or it is not being recorded on this host.
    """
    if word is None:
        live = next((session.path for session in last_written_first(folder) if session.live), None)
        if live is None:
            raise SessionError(f"nothing is being recorded in {folder}; start a recording: dlprof --record --detach")
        return live
    session = summary(_named(folder, word))
    if session.live:
        return session.path
    if session.problem is not None:
        raise SessionError(session.problem)
    if session.host is not None:
        raise SessionError(_written_elsewhere(session))
    word = shlex.quote(word_for(folder, session))
    raise SessionError(f"{session.path} is not being recorded ({session.state}); look at it: dlprof replay {word}")


def find_finished(folder: Path, word: str | None) -> Path:
    """The session that `find` finds, for a reading that goes on for long.

    Raises:
        SessionError: there is none, or another host seems to write it.
    """
    path = find(folder, word)
    session = summary(path)
    if session.host is not None and _is_changing(path):
        raise SessionError(_written_elsewhere(session))
    return path


def delete(folder: Path, path: Path) -> None:
    """Delete the session at `path`, with what lies beside it.

    Raises:
        SessionError: somebody records it, or may; it is no session; or it cannot be deleted.
    """
    session = summary(path)
    if session.live:
        word = shlex.quote(word_for(folder, session))
        raise SessionError(f"{path} is being recorded; stop it first: dlprof sessions stop {word}")
    if session.problem is not None and (path.resolve().parent != folder.resolve() or path.suffix != SUFFIX):
        raise SessionError(f"{session.problem}: not deleted")
    if (session.problem is not None or session.host is not None) and _is_changing(path):
        raise SessionError(f"{path} was written to just now ({session.state}): not deleted; try again in a minute")
    try:
        delete_files(path)
    except OSError as error:
        raise SessionError(f"cannot delete {path}: {error.strerror}") from error


def _is_changing(path: Path) -> bool:
    return abs(time.time() - _changed(path)) < QUIET_SECONDS  # a file server's clock may be ahead


def _written_elsewhere(session: SessionSummary) -> str:
    return (
        f"{session.path} is recorded on {clean_line(str(session.host), 64)}, and what another machine writes cannot be "
        "read safely from here: watch it there, or replay it when it has ended"
    )


def _named(folder: Path, word: str) -> Path:
    found = _files(folder, word)
    if not found:
        if word and (what := other_than_file(Path(word))) is not None:
            raise SessionError(f"{word!r} is {what}, not a session's file; list sessions: dlprof sessions")
        raise SessionError(f"no session {word!r}, neither as a path nor in {folder}; list them: dlprof sessions")
    if len(found) > 1:
        paths = " or ".join(str(path if path.is_absolute() else f"./{path}") for path in found)
        raise SessionError(f"{word!r} can be more than one file; say which: {paths}")
    return found[0]


def _files(folder: Path, word: str) -> list[Path]:
    """The files that `word` can mean, each once; one with a slash that is a path is nothing else."""
    path = Path(word)
    if "/" in word and _is_file(path):
        return [path]
    found: list[Path] = []
    for place in (folder / word, folder / f"{word}{SUFFIX}", path_of(folder, word), path):
        if _is_file(place) and not any(place.samefile(other) for other in found):
            found.append(place)
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a name, or no name at all
        return False


def _names(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
