"""``dlprof sessions``: the list of what was recorded, and the end of one of them."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from dlprof.arguments import Misuse, number
from dlprof.control import WatchedRecorder
from dlprof.session import store
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.quota import Room, room
from dlprof.session.text import clean

CAP_VARIABLE = "DLPROF_SESSIONS_GB"
DEFAULT_CAP = "10"
HOW_TO_MEND = f"delete some: dlprof sessions rm NAME; or set {CAP_VARIABLE}"


def list_sessions(folder: Path) -> int:
    """Print a line for each session in `folder`, newest first; the exit code."""
    found = store.sessions_in(folder)
    if not found:
        print(f"no sessions in {folder}; record one: dlprof --record", file=sys.stderr)
    rows = [
        (
            session.started_at[:19],
            shlex.quote(store.word_for(folder, session)),
            session.state,
            f"{session.size / 1e6:.1f} MB",
            ",".join(session.tasks),
            ",".join(session.lanes),
            session.note,
        )
        for session in found
    ]
    for line in _table(rows):
        print(line)
    warn_of(room_in(folder))
    return 0


def stop(folder: Path, word: str | None) -> int:
    """End the recording that `word` names, or the newest one, and wait for its end; the exit code.

    Raises:
        SessionError: it is not being recorded on this host.
        Misuse: it is another user's.
    """
    path = store.find_live(folder, word)
    recorder = WatchedRecorder(path, SessionReader(path).meta())
    if recorder.is_recording() and not recorder.is_ours():
        raise Misuse(f"{path} is recorded by another user, who alone can stop it")
    print("dlprof: stopping; its lanes end their turn and evaluate; Ctrl-C leaves them to it", file=sys.stderr)
    recorder.stop_and_wait()
    session = store.summary(path)
    print(f"{clean(str(path), keep='')}: {session.state}")
    return 0 if session.complete else 1


def remove(folder: Path, words: Sequence[str]) -> int:
    """Delete the sessions that `words` name; the exit code.

    Raises:
        SessionError: there is none of such a name, or it is being recorded.
    """
    try:
        paths = [store.find(folder, word) for word in words]
    except SessionError as error:
        raise SessionError(f"{error}; nothing was deleted") from error
    for path in paths:
        store.delete(folder, path)
        print(f"deleted {clean(str(path), keep='')}")
    return 0


def room_in(folder: Path) -> Room:
    """The room that the sessions' folder has.

    Raises:
        Misuse: the variable that sets it is not a number.
    """
    text = os.environ.get(CAP_VARIABLE) or DEFAULT_CAP
    try:
        return room(folder, round(number(0.001, 1e6)(text) * 1e9))
    except argparse.ArgumentTypeError as error:
        raise Misuse(f"{CAP_VARIABLE}: {error}") from None


def warn_of(left: Room) -> None:
    """Say on stderr where there is little room."""
    if left.is_nearly_full:
        print(f"dlprof: {left}: {HOW_TO_MEND}", file=sys.stderr)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Each row as a line; a cell is cleaned, and stands below those of its column."""
    cells = [[clean(cell, 400, keep="") for cell in row] for row in rows]
    widths = [min(40, max(map(len, column))) for column in zip(*cells, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
