"""How much room the sessions of a folder take, and how much they may."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

WARN_SHARE = 0.8


@dataclass(frozen=True)
class Room:
    """What lies in `folder` and what may, bytes."""

    folder: Path
    used: int
    cap: int

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be recorded there."""
        return self.used >= self.cap

    @property
    def is_nearly_full(self) -> bool:
        """Whether it is time to delete something."""
        return self.used >= WARN_SHARE * self.cap

    def __str__(self) -> str:
        return f"the sessions in {self.folder} take {self.used / 1e9:.3g} of {self.cap / 1e9:g} GB"


def room(folder: Path, cap: int) -> Room:
    """The room in `folder`, all its files counted; what vanishes meanwhile is not."""
    used = 0
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                used += path.lstat().st_size
    return Room(folder, used, cap)
