"""The torch lane's phases and the spans of torch's own profiler, on the same steps: TASK; prints JSON, medians in ms.

The lane's own loop runs under the profiler, which has spans of the loader and the optimizer; the model, the loss and
backward get one each. What the profiler itself does at a span's ends is in our phase, and not in the span.
"""

import functools
import importlib
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "tests" / "profilers" / "agent"))

import torch
from heard import HeardLane, settings

from dlprof.workloads.data import prepare
from dlprof.workloads.tasks import TASKS

STEPS, WARM_UP = 120, 20
SPANS = {
    "data": ("enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__",),
    "forward": ("the model", "the loss"),
    "backward": ("backward",),
    "optimizer": ("Optimizer.step#Adam.step", "Optimizer.zero_grad#Adam.zero_grad"),
}


def with_span(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """`call` in a span of the profiler."""

    @functools.wraps(call)
    def spanned(*arguments: Any, **options: Any) -> Any:
        with torch.profiler.record_function(name):
            return call(*arguments, **options)

    return spanned


def main(task: str) -> None:
    workload: Any = importlib.import_module("dlprof.workloads.torch")
    build = workload.build

    def spanned_build(*arguments: Any) -> torch.nn.Module:
        model = build(*arguments)
        model.forward = with_span("the model", model.forward)
        return model

    workload.build = spanned_build
    loss: Any = torch.nn.BCEWithLogitsLoss if TASKS[task].data.multi_label else torch.nn.CrossEntropyLoss
    loss.forward = with_span("the loss", loss.forward)
    torch.Tensor.backward = with_span("backward", torch.Tensor.backward)
    with tempfile.TemporaryDirectory() as folder:
        prepare(task, Path(folder), 10, seed=0)
        lane = HeardLane(STEPS, settings(task, folder, TASKS[task].batch_size))
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
            workload.train(lane)
    spans: dict[str, list[float]] = defaultdict(list)
    for event in profile.events() or ():
        spans[event.name].append(event.time_range.elapsed_us() / 1e3)
    found = {}
    for column, (phase, names) in enumerate(SPANS.items(), start=1):
        of_steps = [sum(parts) for parts in zip(*(spans[name][:STEPS] for name in names), strict=True)]
        found[f"spans {phase}"] = median(of_steps[WARM_UP:])
        found[f"ours {phase}"] = median(step[column] / 1e6 for step in lane.steps[WARM_UP:])
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
