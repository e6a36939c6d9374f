"""Recordings, read from their files for a comparison; large ones at once, each in a process of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from dlprof.session.compare.recording import Recording, summarised
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader

LARGE_BYTES = 30_000_000
"""Together; what smaller ones take to read, starting the processes takes too."""


def recordings(paths: Sequence[Path], labels: Sequence[str]) -> list[Recording]:
    """The recordings at `paths`.

    Raises:
        SessionError: one of them cannot be read.
    """
    if sum(map(_size, paths)) < LARGE_BYTES:
        return list(map(_recording, paths, labels))
    workers = min(len(paths), os.cpu_count() or 1)
    end_at_once = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    try:
        with ProcessPoolExecutor(workers, get_context("spawn"), end_at_once) as pool:
            return list(pool.map(_recording, paths, labels))
    except BrokenProcessPool as error:
        raise SessionError("a process that read a session was killed: was there too little memory?") from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise SessionError(f"cannot read {path}: {error.strerror}") from error


def _recording(path: Path, label: str) -> Recording:
    return summarised(SessionReader(path).history(), label)
