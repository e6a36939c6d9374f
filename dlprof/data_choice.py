"""What `--data` asks for: synthetic data, a data set by its name, or the user's own file."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dlprof.arguments import Misuse
from dlprof.profilers.recorder.plan import SYNTHETIC, SYNTHETIC_MB
from dlprof.session.text import clean_line
from dlprof.workloads.data_sets.array_headers import inputs_of
from dlprof.workloads.data_sets.found import Unusable
from dlprof.workloads.data_sets.image_folder import files_of
from dlprof.workloads.data_sets.named import NAMED, Named
from dlprof.workloads.synthetic import Data, Images, Texts
from dlprof.workloads.tasks import COLOURS, TASKS


@dataclass(frozen=True)
class DataChoice:
    """`data` is SYNTHETIC, a name, or an absolute path; it can hold what a task trains on that `holds` says so of."""

    data: str
    holds: Callable[[Data], bool]
    size: Callable[[int], int]
    described: str = ""
    """What a file of arrays holds."""

    def training_bytes(self, tasks: Iterable[str]) -> int:
        """Prepared, for the one of `tasks` with the largest samples; of files, which are looked at now, about."""
        known = (TASKS[task].data for task in tasks if task in TASKS)
        return self.size(max((data.sample_bytes for data in known if self.holds(data)), default=_OWN_IMAGE_BYTES))

    def fits(self, task: str) -> bool:
        """Whether the task trains on what this can hold."""
        return self.holds(TASKS[task].data)

    def megabytes(self, asked: float | None) -> float | None:
        """How much to make, or at most to use; None: all."""
        return SYNTHETIC_MB if asked is None and self.data == SYNTHETIC else asked

    def bytes_at_most(self, asked: float | None, tasks: Iterable[str]) -> int:
        """For how much data lanes need room that train `tasks`."""
        most = self.megabytes(asked)
        if most is None:
            return self.training_bytes(tasks)
        return int(most * 1e6) if self.data == SYNTHETIC else min(int(most * 1e6), self.training_bytes(tasks))


def chosen_data(text: str) -> DataChoice:
    """The data of this name or path.

    Raises:
        Misuse: there is nothing of this name or path, it is a file of another kind, or a .npz without what it takes.
    """
    if text == SYNTHETIC:
        return DataChoice(SYNTHETIC, _anything, lambda _: 0)
    if text in NAMED:
        return DataChoice(text, _like(NAMED[text]), lambda _: NAMED[text].training_bytes)
    path, asked = Path(text).expanduser(), f"--data {clean_line(text, 200)!r}"
    if not path.exists():
        offered = ", ".join((SYNTHETIC, *NAMED))
        raise Misuse(f"{asked}: no such data set or file; there are: {offered}; or {_KNOWN_FILES}")
    if path.is_file() and path.suffix.lower() == _ARRAYS:
        return _arrays(path)
    kind = _FOLDER if path.is_dir() else _FILES.get(path.suffix.lower()) if path.is_file() else None
    if kind is None:
        raise Misuse(f"{asked}: not a kind of file that is known; give {_KNOWN_FILES}")
    holds, size = kind
    return DataChoice(str(path.resolve()), holds, partial(size, path))


def what_tasks_take() -> str:
    """Of what kinds and shapes a file's samples have to be."""
    known = {task.data.size: None for task in TASKS.values() if isinstance(task.data, Images)}
    sizes = " or ".join("x".join(map(str, size)) for size in known)
    return f"images of {sizes}, unsigned bytes, or lists of word numbers"


def _arrays(path: Path) -> DataChoice:
    """A .npz fits by what its header says."""
    try:
        inputs = inputs_of(path)
    except Unusable as error:
        raise Misuse(f"--data {clean_line(str(error))}") from None
    return DataChoice(str(path.resolve()), inputs.fit, lambda _: _array_bytes(path), str(inputs))


def _anything(data: Data) -> bool:
    return True


def _images(data: Data) -> bool:
    return isinstance(data, Images)


def _texts(data: Data) -> bool:
    return isinstance(data, Texts)


def _like(named: Named) -> Callable[[Data], bool]:
    """Images of the shape that the data set has, or texts."""
    if named.shape is None:
        return _texts
    return lambda data: isinstance(data, Images) and data.size == named.shape


def _array_bytes(path: Path) -> int:
    """What the arrays of a .npz take."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (OSError, zipfile.BadZipFile):
        return 0  # the file is refused when it is read, with the reason


_OWN_IMAGE_BYTES = COLOURS.sample_bytes
"""Assumed of a task of the user's own."""
_ARRAYS = ".npz"
"""The suffix of files that say themselves what they hold."""
_KNOWN_FILES = "the path of a .npz, a .csv, or a folder of images"
_FOLDER = (_images, lambda path, image_bytes: image_bytes * len(files_of(path)))
_FILES: Mapping[str, tuple[Callable[[Data], bool], Callable[[Path, int], int]]] = {
    ".csv": (_texts, lambda path, _: path.stat().st_size),
}
"""By suffix: what a file can hold, and about how many bytes that are, where an image takes as many as are given."""
