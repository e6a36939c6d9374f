"""The plain torch loop under another profiler: TASK FOLDER STEPS traceml|profiler OUT.

OUT gets, as JSON, when its steps ended (`time.perf_counter_ns`).
"""

import json
import sys
from contextlib import nullcontext
from itertools import chain, repeat
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import torch
from plain_steps import Ends
from plain_torch import build


def tracers(how: str, model: Any) -> tuple[Any, Any]:
    """A context for the whole training, and one for each step."""
    if how == "traceml":
        import traceml_ai as traceml  # type: ignore[import-not-found]

        return nullcontext(), lambda: traceml.trace_step(model)
    profile = torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CPU],
        schedule=torch.profiler.schedule(wait=0, warmup=1, active=99),
        on_trace_ready=lambda _: None,
    )

    class Step(nullcontext):
        def __exit__(self, *_: object) -> None:
            profile.step()

    return profile, Step


def main(task: str, folder: Path, steps: int, how: str, out: Path) -> None:
    model, loader, criterion, optimizer = build(task, folder)
    ends = Ends(steps)
    whole, each = tracers(how, model)
    with whole:
        for x, y in chain.from_iterable(repeat(loader)):
            with each():
                loss = criterion(model(x), y)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
            if not ends():
                break
    out.write_text(json.dumps(ends.counted_ns))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4], Path(sys.argv[5]))
