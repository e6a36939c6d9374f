"""`--tasks FILE.py`: what is refused before anything starts, and a recording of the guide's own task."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from written_task import written_task

from dlprof.arguments import Misuse
from dlprof.own_tasks import own_tasks, refuse_what_is_not_written
from dlprof.profilers.recorder.plan import LanePlan

TORCH = LanePlan("torch", "torch", "dlprof.workloads.torch", sys.executable, "cpu")
KERAS = LanePlan("keras", "keras", "dlprof.workloads.keras", sys.executable, "cpu")


def test_a_file_is_described_and_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written_task(tmp_path)
    monkeypatch.chdir(tmp_path)
    [task] = own_tasks(["mnist-mlp", "my_task.py"]).values()
    assert (task.name, task.title, task.written_for, task.file) == (
        "my-logistic",
        "digits, logistic regression",
        ("torch", "keras"),
        file,
    )


@pytest.mark.parametrize(
    ("replaced", "by", "reason"),
    [
        (
            "TASK = Task(",
            "raise RuntimeError('\x1b[31mtwo\\nlines'); TASK = Task(",
            "my_task.py, line {line}: RuntimeError: two lines",
        ),
        ("TASK = Task(", "import os; os._exit(7); TASK = Task(", "ended the process, with exit code 7"),
    ],
)
def test_a_file_that_fails_is_one_line(tmp_path: Path, replaced: str, by: str, reason: str) -> None:
    file = written_task(tmp_path, replaced, by)
    line = 1 + next(number for number, text in enumerate(file.read_text().split("\n")) if text.startswith(by[:5]))
    with pytest.raises(Misuse) as told:
        own_tasks([str(file)])
    assert reason.format(line=line) in str(told.value)
    assert str(told.value).isprintable()


def test_what_is_no_file_and_two_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="no such file"):
        own_tasks([str(tmp_path / "none.py")])
    (tmp_path / "b").mkdir()
    with pytest.raises(Misuse, match="both define my-logistic"):
        own_tasks([str(written_task(tmp_path)), str(written_task(tmp_path / "b"))])


def test_a_lane_without_a_model_is_refused(tmp_path: Path) -> None:
    tasks = own_tasks([str(written_task(tmp_path, "def torch(", "def porch("))]).values()
    refuse_what_is_not_written(tasks, [KERAS])
    with pytest.raises(Misuse, match=r"my-logistic has no model for torch: .* torch and torch_state; or --lanes keras"):
        refuse_what_is_not_written(tasks, [TORCH, KERAS])


@pytest.mark.slow
def test_the_task_of_the_guide_is_recorded(tmp_path: Path) -> None:
    file, session = written_task(tmp_path), tmp_path / "own.dlprof"
    words = ["--tasks", str(file), "--lanes", "torch,tensorflow", "--steps", "40", "--data-mb", "1", "--device", "cpu"]
    command = [sys.executable, "-m", "dlprof", "--record", str(session), *words]
    subprocess.run(command, check=True, env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"})
    report = subprocess.run(
        [sys.executable, "-m", "dlprof", "report", str(session), "--format", "json"], capture_output=True, check=True
    )
    told = json.loads(report.stdout)["runs"]
    assert len(told) == 2
    assert {(run["task"], run["status"], run["parameters"]) for run in told} == {("my-logistic", "completed", 7850)}
    assert all(run["metrics"]["accuracy"] > 0.5 for run in told)
