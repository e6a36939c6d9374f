"""Where exports are written: files of mode 0600 and folders of mode 0700, which follow no link."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dlprof.session.errors import SessionError

METRICS_BEGIN = b"# TYPE dlprof_"


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """`path`, to be written; deleted again where that fails.

    Raises:
        SessionError: it exists, or cannot be written there.
    """
    with _one_line(path):
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
        except BaseException:
            path.unlink(missing_ok=True)
            raise


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """`path` as a folder, to be filled; deleted again where that fails.

    Raises:
        SessionError: it exists, or cannot be made there.
    """
    with _one_line(path):
        path.mkdir(mode=0o700)
        try:
            yield path
        except BaseException:
            shutil.rmtree(path)
            raise


@contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """What is to stand at `path` at once, in place of what is there: a reader sees the old or the new file, whole.

    A file of this user keeps its mode, a new one has 0600; a link is replaced, not followed.

    Raises:
        SessionError: something else is there, or it cannot be written there.
    """
    with _one_line(path):
        if not _is_ours_to_replace(path):
            raise FileExistsError(path)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                os.fchmod(file.fileno(), _mode(path))
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def _is_ours_to_replace(path: Path) -> bool:
    """Whether there is nothing at `path`, an empty file, a link, or metrics that were written before."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return True
    if stat.S_ISLNK(found.st_mode):
        return True
    if not stat.S_ISREG(found.st_mode):
        return False
    with path.open("rb") as file:
        return file.read(len(METRICS_BEGIN)) in (b"", METRICS_BEGIN)


def _mode(path: Path) -> int:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return 0o600
    own = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
    return stat.S_IMODE(found.st_mode) & 0o777 if own else 0o600


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise SessionError(f"{path} exists; choose another name with -o, or delete it first") from None
    except OSError as error:
        raise SessionError(f"cannot write {path}: {error.strerror}; choose another place with -o") from error
