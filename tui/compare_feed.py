"""Where the compare screen gets its comparison from."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass, field, replace
from pathlib import Path

from dlprof.session.compare.comparison import compare
from dlprof.session.compare.reading import recordings
from dlprof.session.compare.recording import Recording
from dlprof.session.effects import MARGIN
from dlprof.tui.compare_views import CompareView, compare_view


@dataclass(frozen=True)
class Source:
    """A session to compare, and what to call it."""

    path: Path
    label: str


@dataclass(frozen=True)
class Sides:
    """What to compare, and how: see `dlprof.session.compare.comparison.compare`."""

    baseline: tuple[Source, ...]
    candidate: tuple[Source, ...]
    margin: float = MARGIN
    gate: tuple[str, ...] = ("step",)
    reference: str | None = None
    force: bool = False

    def swapped(self) -> Sides:
        """The other way round."""
        return replace(self, baseline=self.candidate, candidate=self.baseline)

    def forced(self) -> Sides:
        """The same, also where it has no meaning."""
        return replace(self, force=True)


@dataclass
class CompareFeed:
    """Compares sides; reads each of their recordings once. Use from one thread at a time."""

    _recordings: dict[Source, Recording] = field(default_factory=dict[Source, Recording])

    def compare(self, sides: Sides) -> Iterator[str | CompareView]:
        """What is being done now, again and again, and at last the comparison.

        Raises:
            SessionError: a session cannot be read.
            NotComparable: the sides cannot be compared.
            Refused: they can, but the figures would have no meaning.
        """
        sources = dict.fromkeys((*sides.baseline, *sides.candidate))
        unread = [source for source in sources if source not in self._recordings]
        if unread:
            labels = [source.label for source in unread]
            yield f"reading {', '.join(labels)}"
            with redirect_stderr(sys.__stderr__):  # new processes get its descriptor, and Textual's has none
                read = recordings([source.path for source in unread], labels)
            self._recordings |= zip(unread, read, strict=True)
        yield "comparing"
        baseline, candidate = (
            [self._recordings[source] for source in side] for side in (sides.baseline, sides.candidate)
        )
        comparison = compare(baseline, candidate, sides.margin, sides.gate, sides.reference, sides.force)
        located = (
            [(source.path, self._recordings[source]) for source in side] for side in (sides.baseline, sides.candidate)
        )
        yield compare_view(comparison, *located)
