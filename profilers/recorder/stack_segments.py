"""The stack sampling of a recording's lanes, in segments: what py-spy saw is known when it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dlprof.profilers.collectors.stacks import StackSampler
from dlprof.profilers.recorder.guardian import Guardian
from dlprof.profilers.recorder.lane_process import LaneProcess
from dlprof.session.records import StackSegment, Turn

SEGMENT_NS = 4_000_000_000
"""A segment is over after so much stepping."""


class StackSegments:
    """At most one segment for each lane at a time; each that had turns goes to `add`."""

    def __init__(
        self,
        hz: int,
        folder: Path,
        guard: Guardian,
        add: Callable[[StackSegment], None],
        now_ns: Callable[[], int],
    ) -> None:
        self._hz, self._folder, self._guard, self._add, self._now_ns = hz, folder, guard, add, now_ns
        self._samplers: dict[int, StackSampler] = {}
        self._turns: dict[int, list[Turn]] = {}

    @property
    def pids(self) -> list[int]:
        """The samplers' processes."""
        return [sampler.pid for sampler in self._samplers.values() if sampler.pid is not None]

    async def begin(self, lane: LaneProcess) -> None:
        """Start sampling the lane."""
        sampler = StackSampler(lane.pid, lane.run.id, self._hz, self._folder, self._now_ns)
        self._samplers[lane.run.id] = sampler
        self._turns[lane.run.id] = []
        await sampler.start()
        if sampler.pid is not None:
            self._guard.tell(f"add {sampler.pid}")

    def resume(self, lane: LaneProcess) -> None:
        """Go on sampling, for a turn."""
        self._samplers[lane.run.id].resume()

    def pause(self, lane: LaneProcess) -> None:
        """Sample no more until `resume`."""
        self._samplers[lane.run.id].pause()

    def had(self, turn: Turn) -> bool:
        """The lane has had a turn; whether its segment is long enough now."""
        turns = self._turns[turn.run]
        turns.append(turn)
        return sum(t.end_ns - t.start_ns for t in turns) >= SEGMENT_NS

    async def end(self, lane: LaneProcess) -> None:
        """End the lane's segment, where there is one."""
        sampler = self._samplers.pop(lane.run.id, None)
        if sampler is None:
            return
        turns = self._turns.pop(lane.run.id)
        try:
            sampler.resume()
            segment = await sampler.end_segment(turns)
        finally:
            sampler.close()  # also when interrupted here: nobody else knows of it any more
            if sampler.pid is not None:
                self._guard.tell(f"drop {sampler.pid}")
        if turns:
            self._add(segment)

    def close(self) -> None:
        """Kill what still samples."""
        for sampler in self._samplers.values():
            sampler.close()
