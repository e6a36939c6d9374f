"""What the viewer needs from outside, injected by the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class LaneChoice:
    """A lane to choose, as the command line writes it; `install` is the command that installs it where it is missing.

    `version` is that of its framework, or where it runs; None where it is missing.
    """

    name: str
    version: str | None
    install: str | None


@dataclass(frozen=True)
class TaskChoice:
    """A task to choose."""

    name: str
    title: str


@dataclass(frozen=True)
class RecentSession:
    """A recorded session to open or to compare; `fastest` says what its lanes come to, empty while that is weighed.

    `readable`: whether there is anything to open; `state` says why not.
    """

    path: Path
    name: str
    started_at: str
    tasks: tuple[str, ...]
    lanes: tuple[str, ...]
    seconds: float
    size: int
    state: str
    note: str
    readable: bool
    fastest: str = ""


@dataclass(frozen=True)
class Opening:
    """A moment of one session, to look at a run of it."""

    path: Path
    task: str
    lane: str
    t_ns: int


@dataclass(frozen=True)
class OptionChoice:
    """An option with a line of its own: `default` is what an empty one means, `offered` what one can go through."""

    name: str
    label: str
    hint: str
    default: str
    offered: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """What the set-up screen asks for; its length is in seconds or in steps a run, or open (until stopped).

    `options`: of the others those that are set, by name and as they were written.
    """

    lanes: tuple[str, ...]
    tasks: tuple[str, ...]
    device: str
    duration_s: float | None = None
    steps: int | None = None
    options: tuple[tuple[str, str], ...] = ()


class CannotStart(Exception):
    """A recording that cannot be started; `str()` is one line that says what to do."""


class Recording(Protocol):
    """A recorder at work."""

    @property
    def path(self) -> Path:
        """Its session file."""
        ...

    def is_recording(self) -> bool:
        """Whether it still runs."""
        ...

    def stop(self) -> None:
        """End cleanly."""
        ...

    def next_task(self) -> None:
        """Finish the task that is being trained and go on to the next."""
        ...

    def let_go(self) -> None:
        """Run on when the viewer is gone."""
        ...

    def failure(self) -> str | None:
        """One line when it ended without a session."""
        ...


@dataclass(frozen=True)
class Setup:
    """Everything that can be chosen, what is chosen at first, and how to start.

    `recent`: sessions, newest first, each read when it is asked for; then again those of which more is known by then.
    `problem` says why a text is no value of an option, by the option's name. `start` and `command` raise CannotStart
    where a choice cannot be recorded, `delete` SessionError.
    """

    lanes: tuple[LaneChoice, ...]
    tasks: tuple[TaskChoice, ...]
    devices: tuple[str, ...]
    options: tuple[OptionChoice, ...]
    chosen: Choice
    problem: Callable[[str, str], str | None]
    recent: Callable[[], Iterator[RecentSession]]
    delete: Callable[[Path], None]
    start: Callable[[Choice], Recording]
    command: Callable[[Choice], str]
