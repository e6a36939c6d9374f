"""When what is recorded is written: between turns, and where none ends, now and then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from dlprof.session.errors import SessionError
from dlprof.session.records import Record
from dlprof.session.writer import SessionWriter

COMMIT_SECONDS = 0.5
NO_TURNS_SECONDS = 1.0
"""After so long without the end of a turn none is waited for: a step may be long, and a start has no turns."""
HORIZON_MARGIN_NS = 150_000_000
"""A lane hands its steps over every 100 ms; what ended this long before the pipes were read has arrived."""


class Committing:
    """Keeps records until they are written and committed, which takes milliseconds: steps meanwhile would be slower."""

    def __init__(
        self,
        writer: SessionWriter,
        drain: Callable[[], None],
        now_ns: Callable[[], int],
        failed: Callable[[SessionError], None],
    ) -> None:
        """`drain` reads what lanes have handed over; `failed` is told, once, that nothing can be written any more."""
        self._writer, self._drain, self._now_ns, self._failed = writer, drain, now_ns, failed
        self._pending: list[Record] = []
        self._committed_s = time.monotonic()
        self._turn_ended_s = -NO_TURNS_SECONDS
        self._is_broken = False

    def add(self, record: Record) -> None:
        """Keep a record."""
        self._pending.append(record)

    def between_turns(self) -> None:
        """Commit if it is time to, at the end of a turn."""
        self._turn_ended_s = time.monotonic()
        if self._to_wait_s <= 0:
            self._commit()

    async def without_turns(self) -> None:
        """Commit whenever it is time to and no turns end, until that fails."""
        while not self._is_broken:
            to_turn_s = self._turn_ended_s + NO_TURNS_SECONDS - time.monotonic()
            to_wait_s = max(self._to_wait_s, to_turn_s)
            if to_wait_s <= 0:
                self._commit()
            else:
                await asyncio.sleep(to_wait_s)

    def finish(self) -> None:
        """Write what is kept, and end the session.

        Raises:
            SessionError: that cannot be; what was committed stays.
        """
        self._write()
        self._writer.finish(self._now_ns())

    @property
    def _to_wait_s(self) -> float:
        """Until it is time to commit."""
        return self._committed_s + COMMIT_SECONDS - time.monotonic()

    def _commit(self) -> None:
        if self._is_broken:
            return
        horizon = self._now_ns() - HORIZON_MARGIN_NS
        self._drain()
        try:
            self._write()
            self._writer.commit(max(horizon, 0))
        except SessionError as error:
            self._is_broken = True
            self._failed(error)
        self._committed_s = time.monotonic()

    def _write(self) -> None:
        records, self._pending = self._pending, []
        self._writer.add(records)
