"""The recent sessions that the set-up screen lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from dlprof.session import store
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.lane_verdicts import fastest
from dlprof.session.text import clean_line
from dlprof.tui.contracts import RecentSession

MOST = 200
"""So many are listed."""
NOT_YET = "not ended yet"


class RecentSessions:
    """The newest sessions of a folder, and of those elsewhere; remembers what their lanes come to."""

    def __init__(self, folder: Path, elsewhere: Callable[[], Iterable[Path]] = tuple) -> None:
        """`elsewhere` is asked anew each time."""
        self._folder, self._elsewhere = folder, elsewhere
        self._fastest: dict[tuple[Path, int], str] = {}

    def __iter__(self) -> Iterator[RecentSession]:
        """First each session as far as its description tells, then again those of which the steps had to be read."""
        to_weigh: list[RecentSession] = []
        found = islice(store.last_written_first(self._folder, self._elsewhere()), MOST)
        for summary in store.newest_first(found):
            session = _session(summary, self._fastest.get((summary.path, summary.size), ""))
            yield session
            if not session.fastest:
                to_weigh.append(session)
        for session in to_weigh:
            words = self._fastest[session.path, session.size] = _fastest(session.path)
            yield replace(session, fastest=words)

    def delete(self, path: Path) -> None:
        """Delete a session.

        Raises:
            SessionError: it is being recorded, or cannot be deleted.
        """
        store.delete(self._folder, path)


def _session(summary: store.SessionSummary, fastest: str) -> RecentSession:
    readable = summary.problem is None
    return RecentSession(
        path=summary.path,
        name=clean_line(summary.name, 200),
        started_at=clean_line(summary.started_at, 40),
        tasks=tuple(clean_line(task, 100) for task in summary.tasks),
        lanes=tuple(clean_line(lane, 100) for lane in summary.lanes),
        seconds=summary.seconds,
        size=summary.size,
        state=clean_line(summary.state),
        note=summary.note,
        readable=readable,
        fastest=NOT_YET if summary.live else fastest if readable else "-",
    )


def _fastest(path: Path) -> str:
    """What the lanes of each task come to, once where that is the same."""
    try:
        history = SessionReader(path).history()
    except SessionError as error:
        return clean_line(str(error))
    said = {task: fastest(history, task) for task in history.tasks}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return ", ".join(f"{task}: {words}" for task, words in said.items()) or "no run began"
