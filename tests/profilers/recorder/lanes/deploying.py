"""A lane without a framework that has trained at once, and does with its formats what its mode says."""

from __future__ import annotations

import time
from pathlib import Path

from dlprof.profilers.agent.lane import Lane

FORMATS = ["first", "second", "../third"]


def train(lane: Lane) -> None:
    """Train a little, then save, or not."""
    lane.status("warming up")
    mark = lane.start_training(lambda: None, lambda: (None, None, None, "no allocator"))
    while mark is not None:
        time.sleep(0.001)
        end_ns = time.perf_counter_ns()
        lane.record(mark, end_ns - mark.start_ns, (0, 0, 0, 0, 1.0))
        mark = lane.next_step(end_ns)
    lane.status("evaluating")
    if not lane.may_deploy(FORMATS):
        return
    lane.status("deploying")
    lane.saved("first", reason="RuntimeError: cannot")
    if lane.config["mode"] == "hangs":
        time.sleep(3600)
    if lane.config["mode"] == "dies":
        return
    Path(lane.config["run_dir"], "second").mkdir()
    lane.saved("second", save_ns=1, bytes=2)
