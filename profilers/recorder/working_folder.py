"""The recording's folder: the data of its tasks, and what each run leaves in a folder of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dlprof.session.errors import SessionError

TARGETS = "test_y.npy"
"""The held-out samples' targets, in a task's folder."""
LOGITS = "logits.npy"
"""A run's predictions of them, in its own folder."""


def make() -> Path:
    """A new folder.

    Raises:
        SessionError: there is no room for one.
    """
    try:
        return Path(tempfile.mkdtemp(prefix="dlprof-"))
    except OSError as error:
        raise no_room("a folder", Path(tempfile.gettempdir()), error) from error


def of_run(folder: Path, run: int) -> Path:
    """The folder of a run."""
    return folder / f"run-{run}"


def make_of_run(folder: Path, run: int) -> Path:
    """The same, made now.

    Raises:
        SessionError: there is no room for one.
    """
    own = of_run(folder, run)
    try:
        own.mkdir()
    except OSError as error:
        raise no_room("the folder of a run", own, error) from error
    return own


def no_room(what: str, folder: Path, error: OSError) -> SessionError:
    """What to say where `what` could not be made."""
    return SessionError(
        f"cannot make {what} in {folder}: {error.strerror or error}; set TMPDIR to a folder with free space"
    )
