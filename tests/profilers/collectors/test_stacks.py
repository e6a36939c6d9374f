import asyncio
import sys
import time
from pathlib import Path

from dlprof.profilers.collectors.stacks import StackSampler, clip, parse, why_refused
from dlprof.session.records import Turn

SPIN = """
import sys, time
def hot(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end: pass
def idle(seconds): time.sleep(seconds)
print("go", flush=True)
while True:
    hot(0.3)
    idle(0.1)
"""


def event(phase: str, name: str, us: int, thread: int = 1) -> dict[str, object]:
    return {
        "ph": phase,
        "name": name,
        "ts": us,
        "tid": thread,
        "args": {"filename": "/x/site-packages/a.py", "line": 3},
    }


def test_spans_are_clipped_to_turns() -> None:
    events = [
        event("B", "<module>", 0),
        event("B", "f", 0),
        event("E", "f", 100),
        event("B", "g", 100),
        event("E", "g", 300),
        event("E", "<module>", 300),
        event("B", "helper", 0, 2),
        event("E", "helper", 300, 2),
    ]
    spans = clip(parse(events, 0), [Turn(1, 0, 0, 10, waited=False), Turn(1, 1, 50_000, 150_000, waited=False)], 1)[2:]
    assert [(s.t_ns, s.duration_ns, s.frames[-1].name, s.main) for s in spans] == [
        (50_000, 50_000, "f", True),
        (100_000, 50_000, "g", True),
        (50_000, 100_000, "helper", False),
    ]
    assert spans[0].frames[-1].file == "a.py"
    spans = clip(parse(events, 0), [Turn(1, 0, 50_000, 150_000, waited=True)], 1)
    assert [(s.t_ns, s.duration_ns, s.frames[-1].name) for s in spans] == [(50_000, 100_000, "g")], "f was the wait"


def test_refusals_say_what_to_do() -> None:
    assert "ptrace_scope" in why_refused("Error: Permission Denied: ...")
    assert "it said nothing" in why_refused("")


async def test_a_real_process_is_sampled_where_it_spends_its_time(tmp_path: Path) -> None:
    origin = time.perf_counter_ns()

    def now() -> int:
        return time.perf_counter_ns() - origin

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SPIN, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        sampler = StackSampler(process.pid, 1, 50, tmp_path, now)
        await sampler.start()
        began = now()
        await asyncio.sleep(2.5)  # what is measured is time itself
        turn = Turn(1, 0, began, now(), False)
        segment = await sampler.end_segment([turn])
        sampler.close()
    finally:
        process.kill()
        await process.wait()
    assert segment.reason is None
    assert segment.covered_ns > 0.6 * (turn.end_ns - turn.start_ns)
    time_in = {"hot": 0, "idle": 0}
    for span in segment.spans:
        for frame in span.frames:
            if frame.name in time_in:
                time_in[frame.name] += span.duration_ns
    assert time_in["hot"] > time_in["idle"] > 0
    assert not list(tmp_path.iterdir())


async def test_a_process_that_is_gone(tmp_path: Path) -> None:
    sampler = StackSampler(2**22 - 3, 1, 20, tmp_path, lambda: 0)
    await sampler.start()
    segment = await sampler.end_segment([])
    sampler.close()
    assert segment.reason is not None
    assert not segment.spans
