"""Reading of session files, as hostile input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from dlprof.session import rows, told, untrusted
from dlprof.session.errors import SessionError
from dlprof.session.history import SessionHistory
from dlprof.session.recorded import MOST_RUNS, Recorded
from dlprof.session.text import clean_line

_LAST_STATUSES = (  # SQLite takes the bare columns from the row that has the maximum
    "SELECT run, data, max(id) FROM event WHERE kind = 'status' AND run IS NOT NULL AND length(data) < 65536"
    " GROUP BY run LIMIT ?"
)
_META = "SELECT key, value FROM meta LIMIT 50"


class SessionReader:
    """Reads a session file, finished or still being written, for one thread.

    It holds the file open only while it reads: a recorder can leave its journal behind only with nobody on it.
    """

    def __init__(self, path: Path) -> None:
        """Open `path` read-only and check that it is a session.

        Raises:
            SessionError: no such file, not a session, made by a newer dlprof, or damaged.
        """
        self.path = path
        untrusted.check_header(path)
        self._checked = False
        with self._opened():
            self._recorded = Recorded(path, untrusted.version(self._connection, path))

    def history(self) -> SessionHistory:
        """All that is in the file by now, up to its horizon. Reads only what is new since the last call.

        Raises:
            SessionError: the file is damaged.
        """
        with self._snapshot():
            with self._pages_checked():
                meta = self._meta()
                self._recorded.read_runs(self._connection)
                self._recorded.read_steps(self._connection)
            self._recorded.read_records(self._connection)
            return self._recorded.history(meta, _horizon_ns(meta))

    def beginning(self) -> SessionHistory:
        """The session up to its first step, without reading any; of a long one this takes a tenth of the time.

        Raises:
            SessionError: the file is damaged.
        """
        with self._snapshot():
            with self._pages_checked():
                meta = self._meta()
                self._recorded.read_runs(self._connection)
            self._recorded.read_records(self._connection)
            first_ns, horizon_ns = self._recorded.first_step_ns(self._connection), _horizon_ns(meta)
            return self._recorded.history(meta, horizon_ns if first_ns is None else min(first_ns, horizon_ns))

    @property
    def size_bytes(self) -> int:
        """How large the file is, without its journal.

        Raises:
            SessionError: it is gone.
        """
        try:
            return self.path.stat().st_size
        except OSError as error:
            raise SessionError(f"cannot read {self.path}: {error.strerror}") from error

    def statuses(self) -> dict[int, str]:
        """The last status of each run, without reading its steps.

        Raises:
            SessionError: the file is damaged.
        """
        with self._opened():
            found = self._connection.execute(_LAST_STATUSES, (MOST_RUNS,))
            with rows.reading("event", "data"):
                said = {run: told.event_data("status", told.value(data)) for run, data, _ in found}
            return {run: clean_line(data.get("status", "")) for run, data in said.items()}

    def meta(self) -> dict[str, Any]:
        """The session's description.

        Raises:
            SessionError: the file is damaged.
        """
        with self._opened():
            return self._meta()

    def _meta(self) -> dict[str, Any]:
        entries = {}
        for key, value in self._connection.execute(_META):
            with rows.reading("meta", clean_line(str(key), 40)):
                entries[rows.text(key)] = told.value(value)
        meta = told.description(entries)
        if _is_copy(meta, self.path):
            del meta["recorder"]
        return meta

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """The file as it is at one moment, whatever is written meanwhile."""
        with self._opened():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    @contextmanager
    def _pages_checked(self) -> Iterator[None]:
        """What is read within may not trust the file's pages, the first time: only rows whose number is limited."""
        with nullcontext() if self._checked else untrusted.pages_checked(self.path):
            yield
        self._checked = True

    @contextmanager
    def _opened(self) -> Iterator[None]:
        with untrusted.opened(self.path) as self._connection:
            yield


def _is_copy(meta: dict[str, Any], path: Path) -> bool:
    """Whether the recorder that `meta` names writes, or wrote, another file than the one at `path`."""
    inode = meta.get("recorder", {}).get("inode")
    return inode is not None and inode != path.stat().st_ino


def _horizon_ns(meta: dict[str, Any]) -> int:
    return int(meta.get("horizon_ns", 0))
