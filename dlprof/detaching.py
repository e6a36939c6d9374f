"""``dlprof --record --detach``: a recording that goes on without the terminal it was started from."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dlprof import interrupts
from dlprof.control import RecorderProcess
from dlprof.profilers.recorder.plan import Plan


def detach(plan: Plan, opening: str | None) -> int:
    """Start a recorder, print its session's path when the recording goes on, and leave it alone; the exit code.

    `opening` is said then.

    Raises:
        SessionError: it could not record.
    """
    with recorder_of(plan) as recorder:
        recorder.let_go()
    if opening is not None:
        print(f"dlprof: {opening}", file=sys.stderr)
    word = shlex.quote(plan.path)
    print(f"dlprof: recording; watch it: dlprof watch {word}; end it: dlprof sessions stop {word}", file=sys.stderr)
    print(plan.path)
    return 0


@contextmanager
def recorder_of(plan: Plan) -> Iterator[RecorderProcess]:
    """A recorder that records `plan`; what interrupts this process until the end of the block ends the recording.

    Raises:
        SessionError: it could not record.
    """
    recorder = None
    with interrupts.raised():
        try:
            with interrupts.noted() as noted:  # so that there is no recorder that nobody can end
                recorder = RecorderProcess(plan)
            if noted:
                raise KeyboardInterrupt
            recorder.wait_until_recording()
            yield recorder
        except KeyboardInterrupt:
            if recorder is not None:
                recorder.interrupt()
            raise
