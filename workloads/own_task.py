"""Tasks of the user's own: Python files that define TASK.

Such a file is run where its task is trained, where its data are made, where its saved model is tried, and in a process
that describes it (`main`). Nothing that looks at a session runs it.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlprof.workloads.tasks import TASKS, Task, with_labels

METHODS = {"torch": ("torch", "torch_state"), "keras": ("keras",)}
"""What a model needs for the lanes of torch, and for those of Keras and TensorFlow."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


class NoTask(Exception):
    """A file that gives no task; `str()` is one line: the file, what is wrong, what was expected."""


def task_of(told: Mapping[str, Any]) -> Task:
    """The task that a lane is told of: the `name` of one of TASKS, or the `file` that defines it.

    `labels` says of real texts how many they have.

    Raises:
        NoTask: the file gives none.
    """
    task = own_task(Path(told["file"])) if told.get("file") else TASKS[told["name"]]
    return with_labels(task, told.get("labels"))


def own_task(path: Path) -> Task:
    """The TASK of the Python file at `path`, which is run.

    Raises:
        NoTask: it cannot be run, or defines none that dlprof can train.
    """
    task = getattr(_module(path), "TASK", None)
    if not isinstance(task, Task):
        held = "no TASK" if task is None else f"a TASK that is a {type(task).__name__}"
        raise NoTask(f"{path}: defines {held}; expected TASK = Task(...), of dlprof.workloads.tasks")
    if not _NAME.fullmatch(str(task.name)) or task.name in TASKS:
        expected = "expected a name of its own: up to 32 letters, digits, dots, dashes"
        raise NoTask(f"{path}: the task is named {str(task.name)!r}; {expected}")
    if type(task.batch_size) is not int or task.batch_size < 1:
        raise NoTask(f"{path}: the batch size is {task.batch_size!r}; expected a whole number from 1 on")
    if not _has(task.model, "weights") or not _written_for(task):
        raise NoTask(f"{path}: the model has not what it takes: weights, with keras, or with torch and torch_state")
    return task


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"dlprof_own_task_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise NoTask(f"{path}: is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    sys.path.append(str(path.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException as error:  # also of sys.exit
        raise NoTask(f"{path}{_line_of(error, path)}: {type(error).__name__}: {error}") from error
    return module


def _line_of(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f", line {lines[-1]}" if lines else ""


def _written_for(task: Task) -> list[str]:
    return [framework for framework, methods in METHODS.items() if all(_has(task.model, name) for name in methods)]


def _has(model: Any, method: str) -> bool:
    return callable(getattr(model, method, None))


def main(request: str) -> int:
    """Describe the task of a file: the request is JSON, `file` and `answer`, the file to write.

    The answer is `name`, `title`, `batch_size` and `written_for`, of METHODS; or `{"refused": text}`.
    """
    asked = json.loads(request)
    try:
        task = own_task(Path(asked["file"]))
        answer: dict[str, Any] = {"name": task.name, "title": str(task.title), "batch_size": task.batch_size}
        answer["written_for"] = _written_for(task)
    except NoTask as error:
        answer = {"refused": str(error)}
    Path(asked["answer"]).write_text(json.dumps(answer), encoding="utf-8")
    return 0
