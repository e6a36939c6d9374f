"""A lane without a framework, whose training loop keeps a known number of bytes alive per second of stepping."""

from __future__ import annotations

import time

from dlprof.profilers.agent.protocol import TrainingLane

BYTES_PER_SECOND = 4 << 20
CACHE_BYTES = 48 << 20
CACHE_SECONDS = 1.5
"""At the start a cache fills, as those of frameworks do."""
STEP_NS = 5_000_000


def train(lane: TrainingLane) -> None:
    loop(lane, BYTES_PER_SECOND)


def loop(lane: TrainingLane, bytes_per_second: int) -> None:
    """Steps of 5 ms each; `bytes_per_second` of what they allocate stays."""
    lane.status("building")
    model = _filled(32 << 20)
    lane.status("warming up")
    mark = lane.start_training(lambda: None, lambda: (None, None, None, "no allocator"))
    first_step = _filled(16 << 20)
    kept: list[bytearray] = []
    stepped_ns = 0
    while mark is not None:
        while (end_ns := time.perf_counter_ns()) - mark.start_ns < STEP_NS:
            pass
        step_ns = end_ns - mark.start_ns
        cached = CACHE_BYTES * step_ns / 1e9 / CACHE_SECONDS if stepped_ns < CACHE_SECONDS * 1e9 else 0
        if size := int(bytes_per_second * step_ns / 1e9 + cached):
            kept.append(_filled(size))
        stepped_ns += step_ns
        lane.record(mark, step_ns, (0, 0, 0, 0, 1.0))
        mark = lane.next_step(end_ns)
    lane.status("evaluating")
    lane.describe(kept=float(len(model) + len(first_step) + len(kept)))


def _filled(size: int) -> bytearray:
    return bytearray(b"\1") * size
