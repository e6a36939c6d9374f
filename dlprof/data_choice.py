"""What `--data` asks for: synthetic data, a data set by its name, or the user's own file."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dlprof.arguments import Misuse
from dlprof.profilers.recorder.plan import SYNTHETIC, SYNTHETIC_MB
from dlprof.session.text import clean_line
from dlprof.workloads.data_sets.named import NAMED
from dlprof.workloads.synthetic import Images, Texts
from dlprof.workloads.tasks import TASKS, Task

IMAGES, TEXTS = "images", "texts"


@dataclass(frozen=True)
class DataChoice:
    """`data` is SYNTHETIC, a name, or an absolute path; it can hold what is in `kinds`."""

    data: str
    kinds: frozenset[str]
    training_bytes: int
    """Prepared; of a file, about."""
    image_size: tuple[int, int, int] | None = None
    """Of its images, where that is known."""

    def fits(self, task: str) -> bool:
        """Whether the task trains on what this can hold."""
        data = TASKS[task].data
        if isinstance(data, Images) and self.image_size not in (None, data.size):
            return False
        return kind_of(TASKS[task]) in self.kinds

    def megabytes(self, asked: float | None) -> float | None:
        """How much to make, or at most to use; None: all."""
        return SYNTHETIC_MB if asked is None and self.data == SYNTHETIC else asked

    def bytes_at_most(self, asked: float | None) -> int:
        """For how much data lanes need room."""
        most = self.megabytes(asked)
        if most is None:
            return self.training_bytes
        return int(most * 1e6) if self.data == SYNTHETIC else min(int(most * 1e6), self.training_bytes)


def kind_of(task: Task) -> str:
    """What the task trains on."""
    return TEXTS if isinstance(task.data, Texts) else IMAGES


def chosen_data(text: str) -> DataChoice:
    """The data of this name or path.

    Raises:
        Misuse: there is nothing of this name or path, or it is a file of another kind.
    """
    if text == SYNTHETIC:
        return DataChoice(SYNTHETIC, frozenset((IMAGES, TEXTS)), 0)
    if text in NAMED:
        return DataChoice(text, frozenset((NAMED[text].kind,)), NAMED[text].training_bytes, NAMED[text].image_size)
    path, asked = Path(text).expanduser(), f"--data {clean_line(text, 200)!r}"
    if not path.exists():
        offered = ", ".join((SYNTHETIC, *NAMED))
        raise Misuse(f"{asked}: no such data set or file; there are: {offered}; or {_KNOWN_FILES}")
    kinds, size = _FILES.get(path.suffix.lower(), (None, None)) if path.is_file() else (None, None)
    if kinds is None or size is None:
        raise Misuse(f"{asked}: not a kind of file that is known; give {_KNOWN_FILES}")
    return DataChoice(str(path.resolve()), frozenset(kinds), size(path))


def _array_bytes(path: Path) -> int:
    """What the arrays of a .npz take."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (OSError, zipfile.BadZipFile):
        return 0  # the file is refused when it is read, with the reason


_KNOWN_FILES = "the path of a .npz"
_FILES: Mapping[str, tuple[tuple[str, ...], Callable[[Path], int]]] = {".npz": ((IMAGES,), _array_bytes)}
"""By suffix: what a file can hold, and about how many bytes that are."""
