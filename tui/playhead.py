"""Which moment of a session the screen shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


@dataclass(frozen=True)
class Playhead:
    """A place in the session, ns, as of `clock_s`. `following`: the end, wherever it is."""

    position_ns: int = 0
    following: bool = True
    playing: bool = True
    speed: float = 1.0
    clock_s: float = 0.0

    def at(self, clock_s: float, end_ns: int) -> Playhead:
        """The playhead at `clock_s`, in a session that goes up to `end_ns`."""
        if self.following:
            return replace(self, position_ns=end_ns, clock_s=clock_s)
        moved = int((clock_s - self.clock_s) * self.speed * 1e9) if self.playing else 0
        return replace(self, position_ns=min(max(self.position_ns + moved, 0), end_ns), clock_s=clock_s)

    def seek(self, position_ns: int) -> Playhead:
        """Go to a place and leave the end."""
        return replace(self, position_ns=max(position_ns, 0), following=False)

    def stopped_at(self, position_ns: int) -> Playhead:
        """Go to a place and stay there."""
        return replace(self.seek(position_ns), playing=False)

    def toggled(self) -> Playhead:
        """Pause, or go on from here."""
        return replace(self, playing=not self.playing, following=False)

    def faster(self, steps: int) -> Playhead:
        """The next speed up (or, negative, down)."""
        index = min(max(SPEEDS.index(self.speed) + steps, 0), len(SPEEDS) - 1)
        return replace(self, speed=SPEEDS[index])

    def to_end(self) -> Playhead:
        """Follow the end."""
        return replace(self, following=True, playing=True)
