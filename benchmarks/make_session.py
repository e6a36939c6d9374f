"""Makes a session of any number of steps, to try dlprof on long recordings.

Nothing in it was measured, and its description says so: rates and sizes of records are those of real recordings (three
lanes in turns of 250 ms; a sample of host memory a second and of the allocator a turn; stacks 20 times a second, in
segments of 4 s; a quarter of the steps dark), their values are drawn from `--seed`. Written through the recorder's own
writer, with a commit every half second of the session's time.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dlprof.profilers.agent.blocks import BLOCK, BLOCKS
from dlprof.profilers.agent.lane import COLD_STEPS, TURN_NS, TURN_STEPS, WARM_UP_STEPS
from dlprof.profilers.recorder.committing import COMMIT_SECONDS
from dlprof.profilers.recorder.sampled_turns import SampledTurns
from dlprof.profilers.recorder.stack_segments import SEGMENT_NS
from dlprof.session.records import (
    COLD,
    DARK,
    WARM_UP,
    AllocatorMemory,
    Event,
    Frame,
    HostMemory,
    Record,
    Run,
    StackSegment,
    StackSpan,
    Step,
    Turn,
)
from dlprof.session.writer import SessionWriter

MS, SECOND, MIB = 1_000_000, 1_000_000_000, 1 << 20
TASK = "made"
LANES = {"torch": 2 * MS, "tensorflow": 3 * MS, "keras": 4 * MS}
SHARES = {"data": 0.08, "forward": 0.27, "backward": 0.36, "optimizer": 0.19}
START_NS, GAP_NS, COMMIT_NS, HZ, SPAN_NS = 8 * SECOND, 2 * MS, round(COMMIT_SECONDS * SECOND), 20, 45 * MS


class MadeLane:
    """One run, and what is not yet stored of it."""

    def __init__(self, run: int, step_ns: int, random: np.random.Generator) -> None:
        self.run, self.step_ns, self._random = run, step_ns, random
        self.index = 0
        self._speed = 1.0
        self._sampled_ns = self._stepped_ns = 0
        self._spans: list[StackSpan] = []
        self._sampled_turns = SampledTurns(run)
        self._stacks = [stack(random) for _ in range(500)]

    def steps(self, start_ns: int, count: int, turn: int) -> list[Step]:
        """`count` steps from `start_ns` on; those of turn -1 are warm-up."""
        random = self._random
        self._speed *= float(np.exp(random.normal(0, 0.005) - 0.01 * np.log(self._speed)))
        totals = (self.step_ns * self._speed * np.exp(random.normal(0, 0.08, count))).astype(np.int64)
        totals[random.random(count) < 0.01] *= 3
        starts = start_ns + np.cumsum(totals) - totals
        shares = np.array([*SHARES.values()]) * np.exp(random.normal(0, 0.03, (count, len(SHARES))))
        phases = (totals[:, None] * shares).astype(np.int64)
        losses = (0.3 + 2 / (1 + 0.01 * (self.index + np.arange(count)))) * np.exp(random.normal(0, 0.1, count))
        dark = np.repeat(random.random(count // BLOCK + 1) < 1 / BLOCKS, BLOCK)[:count]
        steps = []
        columns = (starts, totals, phases, losses.astype(np.float32), dark)
        for i, (start, total, parts, loss, is_dark) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
            flags = WARM_UP if turn < 0 else COLD if i < COLD_STEPS else DARK if is_dark else 0
            known = (None,) * len(SHARES) if flags & DARK else tuple(parts)
            loss = None if flags & DARK else loss
            steps.append(Step(self.run, self.index + i, start, total, *known, loss=loss, flags=flags, turn=turn))
        self.index += count
        return steps

    def turn(self, start_ns: int, turn: int) -> tuple[list[Record], int]:
        """One turn's records, and when it ended."""
        count = max(TURN_STEPS, int(TURN_NS / (self.step_ns * self._speed)) + 1)
        steps = self.steps(start_ns, count, turn)
        end_ns = steps[-1].start_ns + steps[-1].total_ns
        sampled = self._sampled_turns.next(self.run)
        others, steal = (int(v) for v in self._random.exponential(2 * MS, 2))
        record = Turn(self.run, turn, start_ns, end_ns, True, sampled, others, steal, 0)
        allocator = AllocatorMemory(self.run, end_ns, None, None, None, "made: no allocator stood behind it")
        if sampled:
            self._sample_stacks(start_ns, end_ns)
        self._stepped_ns += end_ns - start_ns
        return [*steps, record, allocator, *self._stored(end_ns)], end_ns

    def _sample_stacks(self, start_ns: int, end_ns: int) -> None:
        while start_ns < end_ns:
            until = min(end_ns, start_ns + int(self._random.exponential(SPAN_NS)) + SPAN_NS // 9)
            frames = self._stacks[min(int(self._random.pareto(1) * 5), len(self._stacks) - 1)]
            self._spans.append(StackSpan(self.run, start_ns, until - start_ns, 1, True, frames))
            self._sampled_ns += until - start_ns
            start_ns = until

    def _stored(self, now_ns: int) -> list[Record]:
        if self._stepped_ns < SEGMENT_NS:
            return []
        segment = StackSegment(self.run, now_ns, HZ, self._sampled_ns, 0, None, tuple(self._spans))
        self._stepped_ns = self._sampled_ns = 0
        self._spans = []
        return [segment]

    def host(self, t_ns: int) -> HostMemory:
        """A sample of host memory."""
        rss = int(300 * MIB + t_ns / SECOND * 100 + self._random.integers(0, 64) * 4096)
        return HostMemory(self.run, t_ns, rss - 150 * MIB, rss, rss + MIB, 1, rss - 120 * MIB)


def stack(random: np.random.Generator) -> tuple[Frame, ...]:
    """One of many stacks that share their outer frames."""
    outer = (
        Frame("<module>", "dlprof/profilers/agent/bootstrap.py", 40),
        Frame("train", "dlprof/workloads/torch.py", 71),
    )
    numbers = random.integers(0, 40, int(random.integers(3, 20)))
    return (*outer, *(Frame(f"call_{n}", f"framework/nn/modules/part_{n % 8}.py", int(100 + n)) for n in numbers))


def beginning(names: dict[int, str]) -> list[Record]:
    """What a session holds before its first step."""
    records: list[Record] = [
        Event(1, None, "prepared", {"task": TASK, "samples": 12_800, "held_out": 1024, "bytes": 10_000_000}),
        Event(1, None, "unavailable", {"what": "gpu memory", "reason": "made: no machine stood behind it"}),
    ]
    clocks = dict.fromkeys((*SHARES, "other", "step"), "host")
    said = {"framework_version": "none: made", "parameters": 101_770, "jit": False, "clocks": clocks}
    for run, name in names.items():
        records.append(Run(run, name, name, None, "default", TASK, 0, "cpu", 128))
        for t_ns, status in (
            (MS, "starting"),
            (SECOND, "importing"),
            (3 * SECOND, "building"),
            (6 * SECOND, "warming up"),
        ):
            records.append(Event(t_ns + run, run, "status", {"status": status, "cause": None}))
        records.append(Event(3 * SECOND, run, "described", said))
        records.append(Event(3 * SECOND, run, "described", {"host_import_bytes": 200 * MIB}))
        records.append(Event(6 * SECOND, run, "described", {"host_model_bytes": 80 * MIB}))
    return records


def made(steps: int, seed: int) -> Iterator[tuple[list[Record], int]]:
    """Records of at least `steps` steps, a commit's worth at a time, and up to when they tell all (ns)."""
    random = np.random.default_rng(seed)
    lanes = [MadeLane(run, step_ns, random) for run, step_ns in enumerate(LANES.values(), 1)]
    pending, now_ns, committed_ns, sampled_ns, turn, written = (
        beginning(dict(enumerate(LANES, 1))),
        START_NS,
        0,
        0,
        0,
        0,
    )
    for lane in lanes:
        pending += lane.steps(now_ns, WARM_UP_STEPS, -1)
        pending.append(Event(now_ns + SECOND, lane.run, "status", {"status": "stepping", "cause": None}))
    now_ns += SECOND
    while written < steps:
        for lane in random.permutation(np.array(lanes, object)):
            records, end_ns = lane.turn(now_ns + GAP_NS, turn)
            pending, now_ns = pending + records, end_ns
            if now_ns - sampled_ns >= SECOND:
                pending += [each.host(now_ns) for each in lanes]
                sampled_ns = now_ns
            if now_ns - committed_ns >= COMMIT_NS:
                yield pending, now_ns
                pending, committed_ns = [], now_ns
        turn, written = turn + 1, sum(lane.index for lane in lanes)
    for lane in lanes:
        pending.append(
            Event(now_ns, lane.run, "metrics", {"accuracy": 0.9, "precision": 0.9, "recall": 0.9, "f1": 0.9})
        )
        pending.append(Event(now_ns, lane.run, "status", {"status": "completed", "cause": None}))
    yield pending, now_ns


def description(steps: int, seed: int) -> dict[str, Any]:
    """The session's meta data, which say that nothing here was measured."""
    return {
        "id": f"made-{steps}-{seed}",
        "name": f"made-{steps}",
        "started_at": "2026-01-01T00:00:00+00:00",
        "schedule": "turns",
        "made": f"by benchmarks/make_session.py, seed {seed}: nothing in this session was measured",
        "machine": {"cpu": "none: this session was made, not recorded", "cores": {"usable": 2}, "gpus": []},
        "versions": {},
        "settings": {"lanes": [*LANES], "tasks": [TASK], "seed": seed, "stacks_hz": HZ, "repeat": 1},
        "complete": False,
    }


def make(path: Path, steps: int, seed: int = 0) -> None:
    """Write a finished session with at least `steps` steps (turns are whole) to `path`."""
    writer, horizon_ns = SessionWriter(path, description(steps, seed)), 0
    for records, horizon_ns in made(steps, seed):
        writer.add(records)
        writer.commit(horizon_ns)
    writer.finish(horizon_ns)


def main() -> None:
    parser = argparse.ArgumentParser(description="make a session of many steps; nothing in it is measured")
    parser.add_argument("path", type=Path)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.perf_counter()
    make(options.path, options.steps, options.seed)
    size = options.path.stat().st_size
    print(
        f"{options.path}: at least {options.steps} steps, {size / 1e6:.1f} MB, in {time.perf_counter() - began:.1f} s"
    )


if __name__ == "__main__":
    main()
