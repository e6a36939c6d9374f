"""Sessions where there is no screen: a line for each lane and interval, until the recording ends."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

from dlprof.control import WatchedRecorder
from dlprof.detaching import recorder_of
from dlprof.profilers.recorder.plan import Plan
from dlprof.session import store
from dlprof.session.file import SessionReader
from dlprof.tui.feed import Feed
from dlprof.tui.plain_view import PlainView

EVERY_SECONDS = 5.0
LOOK_SECONDS = 0.1


def record_in_lines(plan: Plan, folder: Path, every_s: float) -> int:
    """Record `plan` and print how its lanes are, as `watch_in_lines` does; the exit code.

    Raises:
        SessionError: it could not record.
    """
    with recorder_of(plan) as recorder:
        return watch_in_lines(recorder.path, folder, every_s)


def watch_in_lines(path: Path, folder: Path, every_s: float) -> int:
    """Print how the lanes of the session at `path` are, every `every_s` seconds and at its end; the exit code.

    `folder`: that of the sessions, in which the last line names it.

    Raises:
        SessionError: it cannot be read.
    """
    recorder = WatchedRecorder(path, SessionReader(path).meta())
    feed, view, recording = Feed(path, recorder.is_recording), PlainView(), True
    while recording:
        recording = recorder.is_recording()  # before the reading, which then holds all there is
        *_, history = feed.read()
        if history is not None:
            recording = recording and not history.complete
            for line in view.lines(history, recording=recording):
                print(line, flush=True)
        if recording:
            _wait_for(recorder, every_s)
    session = store.summary(path)
    print(f"{session.state}; its figures: dlprof report {shlex.quote(store.word_for(folder, session))}", flush=True)
    return 0


def _wait_for(recorder: WatchedRecorder, seconds: float) -> None:
    """Return after `seconds`, or earlier at the recorder's end."""
    until = time.monotonic() + seconds
    while recorder.is_recording() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, LOOK_SECONDS))
