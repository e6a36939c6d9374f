"""Which stretch of a session is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace

SECOND_NS = 1_000_000_000
LENGTHS_NS = tuple(seconds * SECOND_NS for seconds in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600))


@dataclass(frozen=True)
class TimeRange:
    """`length_ns` up to `end_ns`: None is all that there is, and the playhead, wherever that is."""

    length_ns: int | None = None
    end_ns: int | None = None

    def bounds(self, playhead_ns: int) -> tuple[int, int]:
        """Where it begins and ends, ns."""
        end_ns = playhead_ns if self.end_ns is None else min(self.end_ns, playhead_ns)
        return (0 if self.length_ns is None else max(end_ns - self.length_ns, 0)), end_ns

    def shorter(self, playhead_ns: int) -> TimeRange:
        """The next shorter length, up to the same end."""
        start_ns, end_ns = self.bounds(playhead_ns)
        below = [length for length in LENGTHS_NS if length < end_ns - start_ns]
        return replace(self, length_ns=below[-1]) if below else self

    def longer(self, playhead_ns: int) -> TimeRange:
        """The next longer length, up to the same end; all, where that is more than there is."""
        _, end_ns = self.bounds(playhead_ns)
        above = [length for length in LENGTHS_NS if self.length_ns is not None and length > self.length_ns]
        return replace(self, length_ns=above[0]) if above and above[0] < end_ns else TimeRange(None, self.end_ns)

    def moved(self, halves: int, playhead_ns: int) -> TimeRange:
        """Half its length later (or, negative, earlier) for each of `halves`; at the playhead it stays there."""
        start_ns, end_ns = self.bounds(playhead_ns)
        length_ns = end_ns - start_ns
        moved_ns = max(end_ns + halves * length_ns // 2, length_ns)
        return TimeRange(length_ns, None if moved_ns >= playhead_ns else moved_ns)
