"""Where the session screen gets its session from, whether it is live or finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory

LONG_BYTES = 8 << 20
"""About 150,000 steps, which take 0.2 s to read: of more, the beginning is shown meanwhile."""


@dataclass
class Feed:
    """A session file to look at; `is_recording` says whether somebody writes it. Use from one thread."""

    path: Path
    is_recording: Callable[[], bool]
    failure: Callable[[], str | None] = lambda: None
    reader: SessionReader | None = None

    def read(self) -> Iterator[SessionHistory | None]:
        """The session so far; before it, of a long one, its beginning. None while its recorder has not made it yet.

        Raises:
            SessionError: it cannot be read, or its recorder failed.
        """
        if self.reader is None:
            try:
                self.reader = SessionReader(self.path)
            except SessionError as error:
                if not self.is_recording():
                    raise SessionError(self.failure() or str(error)) from None
                yield None
                return
            if self.reader.size_bytes > LONG_BYTES:
                yield self.reader.beginning()
        try:
            yield self.reader.history()
        except SessionError as error:
            if self.path.exists():
                raise
            if not self.is_recording():
                raise SessionError(self.failure() or str(error)) from None
            yield None  # its recorder leaves no session, and will say why
