"""A lane that keeps what it is told, and gives a set number of steps."""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Union

from dlprof.profilers.agent.protocol import DARK, Measured, StepMark


def settings(task: str, folder: str, batch_size: int, mode: str = "default", workers: int = 0) -> dict[str, Any]:
    """What the recorder tells a lane on the CPU; `folder` has the prepared data, and gets one for the run."""
    return {
        "task": {"name": task},
        "device": "cpu",
        "batch_size": batch_size,
        "workers": workers,
        "seed": 0,
        "data_dir": folder,
        "run_dir": tempfile.mkdtemp(dir=folder),
        "mode": mode,
    }


class HeardLane:
    """Stands for the lane inside a recording; the real one is tried in the recorder's tests."""

    def __init__(self, length: int, config: dict[str, Any] | None = None, dark_every: int = 0) -> None:
        self.config: Mapping[str, Any] = config or {}
        self.length = length
        self.begun = 0
        self.steps: list[tuple[Any, ...]] = []
        self.facts: dict[str, Any] = {}
        self.dark: list[int] = []
        self.compiled_at: list[int] = []
        self.probed: list[tuple[int, int]] = []
        self.dark_every = dark_every

    def status(self, status: str) -> None:
        pass

    def describe(self, **facts: Any) -> None:
        self.facts.update(facts)

    def predicted(self) -> None:
        pass

    def measures_accuracy(self, measure: Callable[[], float]) -> None:
        self.measure = measure

    def may_deploy(self, formats: Sequence[str]) -> bool:
        return False

    def saved(self, format: str, **facts: Any) -> None:
        raise AssertionError("deploys without being asked")

    def start_training(
        self,
        on_idle: Callable[[], None],
        allocator: Callable[[], Any],
        compilations: Callable[[], int] = lambda: 0,
        probe: Callable[[], tuple[int, int]] | None = None,
    ) -> StepMark:
        self.on_idle, self.allocator, self.compilations, self.probe = on_idle, allocator, compilations, probe
        return StepMark(0, time.perf_counter_ns(), 0, 0)

    def record(self, mark: StepMark, total_ns: int, measured: Union[Measured, Callable[[], Measured]]) -> None:
        assert mark.number == len(self.steps) + len(self.dark)
        if self.compilations() != len(self.compiled_at):
            self.compiled_at += [mark.number] * (self.compilations() - len(self.compiled_at))
        self.steps.append((total_ns, *(measured() if callable(measured) else measured)))

    def record_dark(self, mark: StepMark, end_ns: int) -> None:
        assert mark.number == len(self.steps) + len(self.dark)
        self.dark.append(mark.number)

    def next_step(self, end_ns: int) -> StepMark | None:
        self.begun += 1
        if self.begun == self.length:
            self.on_idle()
            if self.probe is not None:
                self.probed.append(self.probe())
            return None
        dark = self.dark_every and self.begun % self.dark_every == self.dark_every - 1
        return StepMark(self.begun, end_ns, 0, DARK if dark and self.probe is None else 0)
