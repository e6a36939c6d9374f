"""What is to be recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dlprof.session.run_length import how_far

SYNTHETIC = "synthetic"
SYNTHETIC_MB = 10.0
SCHEDULES = ("turns", "parallel", "sequential")
"""Who may step when: see profilers/recorder/schedule.py."""


@dataclass(frozen=True)
class LanePlan:
    """One lane: a framework as configured. `missing` says why it cannot run, and how to mend that."""

    name: str
    framework: str
    module: str
    interpreter: str
    device: str
    backend: str | None = None
    mode: str = "default"
    missing: str | None = None


@dataclass(frozen=True)
class TaskPlan:
    """One task and its batch size, samples.

    `labels`: how many real texts have; None: as many as the task. `file`: the Python file that defines the task, where
    dlprof does not.
    """

    name: str
    batch_size: int
    labels: int | None = None
    file: str | None = None

    @property
    def told(self) -> dict[str, Any]:
        """The task as a lane is told it."""
        return {"name": self.name, "labels": self.labels, "file": self.file}


@dataclass(frozen=True)
class Plan:
    """One recording. Its length a run is `steps` after the warm-up, or `duration_s` of stepping, or open.

    `data` is SYNTHETIC, the name of a data set, or a path; of a real one at most `data_mb` are used, or all.

    `schedule` is one of SCHEDULES; the lanes of each task are started `repeat` times. `deploy`: each
    trained model is saved and tried in every format. `target_accuracy` (0-1): how soon each run reaches it.
    `note` is the user's own words.
    """

    path: str
    name: str
    lanes: tuple[LanePlan, ...]
    tasks: tuple[TaskPlan, ...]
    steps: int | None = None
    duration_s: float | None = None
    seed: int = 0
    workers: int = 0
    data: str = SYNTHETIC
    data_mb: float | None = SYNTHETIC_MB
    stacks_hz: int = 20
    overhead_check: bool = True
    schedule: str = "turns"
    repeat: int = 1
    deploy: bool = False
    target_accuracy: float | None = None
    note: str = ""

    @property
    def has_length(self) -> bool:
        """Whether the recording ends by itself."""
        return self.steps is not None or self.duration_s is not None

    def is_reached(self, steps: int, stepping_ns: int) -> bool:
        """Whether a run with so many steps after its warm-up, and so much stepping, is as long as it is to be."""
        if self.steps is not None and steps >= self.steps:
            return True
        return self.duration_s is not None and stepping_ns >= self.duration_s * 1e9

    def how_far(self, steps: int, stepping_ns: int) -> str:
        """How much of its length such a run has, in words."""
        return how_far(steps, stepping_ns, self.steps, self.duration_s)

    def to_json(self) -> str:
        """The plan as one line."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Plan:
        """The plan that `to_json` wrote."""
        fields = json.loads(text)
        fields["lanes"] = tuple(LanePlan(**lane) for lane in fields["lanes"])
        fields["tasks"] = tuple(TaskPlan(**task) for task in fields["tasks"])
        return Plan(**fields)


Prepare = Callable[[str, Path, float, int], Mapping[str, Any]]
"""Makes a task's data and initial weights: (task, folder, megabytes, seed) -> facts for the session."""


@dataclass(frozen=True)
class Workloads:
    """What the recorder is given, as it knows no task itself: how to make data, and modules whose `main` it runs."""

    prepare: Prepare
    """Synthetic data of dlprof's own tasks."""
    apart: str
    """Prepares what of others is read or run: real data sets, and the user's own tasks."""
    evaluation: str
    """Judges predictions, a line of JSON for each."""
    trial: str
    """Tries a saved model, in the interpreter of its lane."""
    installation: str
    """Says what a framework takes to install, in the interpreter of its lane."""
