import asyncio
from dataclasses import replace

from dlprof.profilers.recorder.lane_process import Progress
from dlprof.profilers.recorder.plan import Plan
from dlprof.progress import announce_progress, progress_line, share_done

BY_TIME = Plan("/p", "n", (), (), duration_s=30.0)
BY_STEPS = Plan("/p", "n", (), (), steps=200)


def test_the_line_names_task_lanes_and_length() -> None:
    runs = [
        Progress("mnist-mlp", "torch", 100, 12_500_000_000, 50, 1),
        Progress("mnist-mlp", "tensorflow", 50, 12_310_000_000, 50, 25),
    ]
    assert progress_line(runs, BY_TIME) == "mnist-mlp: torch 12.5/30 s, tensorflow 12.3/30 s"
    assert progress_line(runs, BY_STEPS) == "mnist-mlp: torch 100/200 steps, tensorflow 50/200 steps"
    assert share_done(runs, BY_STEPS) == 0.375
    assert share_done([], BY_TIME) == 0
    runs[1] = replace(runs[1], disturbed=26)
    assert progress_line(runs, BY_STEPS).endswith("50/200 steps; most turns are disturbed from outside: tensorflow")


async def test_a_line_comes_only_when_runs_have_come_further() -> None:
    # While lanes warm up, a first turn, no turn since, a little further, a good deal, the next task.
    stepped = iter([0.0, 3.0, 3.0, 4.0, 15.0, 2.0])
    said: list[str] = []
    over = asyncio.Event()

    def runs() -> list[Progress]:
        now = next(stepped, None)
        if now is None:
            over.set()
        return [Progress("t", "a", 1, round(now * 1e9), 1, 0)] if now is not None else []

    work = asyncio.create_task(announce_progress(runs, BY_TIME, said.append, every_s=0))
    await asyncio.wait_for(over.wait(), 60)
    work.cancel()
    assert said == ["t: a 3.0/30 s", "t: a 15.0/30 s", "t: a 2.0/30 s"]
