"""Python files that define a task, or fail to: each is really run."""

from pathlib import Path

import pytest
from written_task import written_task

from dlprof.workloads.own_task import NoTask, own_task, task_of
from dlprof.workloads.tasks import TASKS


def test_the_task_of_the_guide(tmp_path: Path) -> None:
    task = task_of({"name": "my-logistic", "file": str(written_task(tmp_path))})
    assert (task.name, task.batch_size, task.input_shape) == ("my-logistic", 64, (784,))
    assert task_of({"name": "mnist-mlp"}) is TASKS["mnist-mlp"]


@pytest.mark.parametrize(
    ("replaced", "by", "reason"),
    [
        ("TASK = Task(", "MINE = Task(", "defines no TASK"),
        ("TASK = Task(", "TASK = dict(", "defines a TASK that is a dict"),
        ('"my-logistic"', '"mnist-mlp"', "the task is named 'mnist-mlp'"),
        ('"my-logistic"', '"\\x1b[31m"', "the task is named"),
        ("batch_size=64", "batch_size=0", "the batch size is 0"),
        ("def weights", "def heights", "has not what it takes: weights"),
        ("import FlatImages", "import FlatTexts", "line 6: ImportError: cannot import name 'FlatTexts'"),
        ("class Logistic:", "class Logistic", "line 11: SyntaxError"),
        ("TASK = Task(", "import sys; sys.exit(3); TASK = Task(", "SystemExit: 3"),
    ],
)
def test_a_file_that_gives_no_task_says_why(tmp_path: Path, replaced: str, by: str, reason: str) -> None:
    path = written_task(tmp_path, replaced, by)
    with pytest.raises(NoTask) as told:
        own_task(path)
    assert str(told.value).startswith(str(path))
    assert reason in str(told.value)


def test_modules_beside_the_file_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "beside_own_task.py").write_text("NAME = 'from-beside'\n")
    path = written_task(tmp_path, '"my-logistic"', "__import__('beside_own_task').NAME")
    assert own_task(path).name == "from-beside"
