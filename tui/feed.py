"""Where the session screen gets its session from, whether it is live or finished."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory


@dataclass
class Feed:
    """A session file to look at; `is_recording` says whether somebody writes it. Use from one thread."""

    path: Path
    is_recording: Callable[[], bool]
    failure: Callable[[], str | None] = lambda: None
    reader: SessionReader | None = None

    def read(self) -> SessionHistory | None:
        """The session so far; None while its recorder has not made it yet.

        Raises:
            SessionError: it cannot be read, or its recorder failed.
        """
        if self.reader is None:
            try:
                self.reader = SessionReader(self.path)
            except SessionError as error:
                if self.is_recording():
                    return None
                raise SessionError(self.failure() or str(error)) from None
        return self.reader.history()
