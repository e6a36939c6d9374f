"""The user's own tasks, as far as a command line needs to know them: each file is run in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlprof.arguments import Misuse
from dlprof.profilers.recorder.plan import LanePlan
from dlprof.profilers.recorder.programs import program
from dlprof.session.text import clean_line

SUFFIX = ".py"
_MODULE = "dlprof.workloads.own_task"
_SECONDS = 120.0
"""A file may import a framework."""


@dataclass(frozen=True)
class OwnTask:
    """The task that `file` defines; `written_for` names the frameworks that its model is written for."""

    name: str
    title: str
    batch_size: int
    written_for: tuple[str, ...]
    file: Path


def own_tasks(words: Iterable[str]) -> dict[str, OwnTask]:
    """By word, those of `words` that are paths of Python files.

    Raises:
        Misuse: one defines no task, or two define tasks of one name.
    """
    found = {word: described(word) for word in words if word.endswith(SUFFIX)}
    files: dict[str, Path] = {}
    for task in found.values():
        if files.setdefault(task.name, task.file) != task.file:
            raise Misuse(f"--tasks: {files[task.name]} and {task.file} both define {task.name}; rename one")
    return found


def described(word: str) -> OwnTask:
    """The task of the file `word`.

    Raises:
        Misuse: there is no such file, or it defines no task.
    """
    file = Path(word).expanduser().resolve()
    if not file.is_file():
        raise Misuse(f"--tasks {word}: no such file; give one of the tasks, or the path of a Python file")
    answer = _asked(word, file)
    if "refused" in answer:
        raise Misuse(f"--tasks {clean_line(str(answer['refused']))}")
    title = clean_line(str(answer["title"]), 80)
    return OwnTask(answer["name"], title, answer["batch_size"], tuple(answer["written_for"]), file)


def _asked(word: str, file: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        words = program(sys.executable, _MODULE, json.dumps({"file": str(file), "answer": str(answer)}))
        try:
            quiet = subprocess.DEVNULL
            done = subprocess.run(words, stdin=quiet, stdout=quiet, stderr=quiet, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise Misuse(f"--tasks {word}: had not been imported after {_SECONDS:g} s") from None
        try:
            return json.loads(answer.read_bytes())
        except (OSError, ValueError):
            raise Misuse(f"--tasks {word}: its import ended the process, with exit code {done.returncode}") from None


def refuse_what_is_not_written(tasks: Iterable[OwnTask], lanes: Iterable[LanePlan]) -> None:
    """Raise Misuse where a lane would train a task that has no model for its framework."""
    frameworks = {lane.name: "torch" if lane.framework == "torch" else "keras" for lane in lanes}
    for task in tasks:
        without = [lane for lane, framework in frameworks.items() if framework not in task.written_for]
        if without:
            left = ",".join(lane for lane in frameworks if lane not in without)
            remedy = f"or --lanes {left}" if left else "or choose other lanes"
            needs = "torch and torch_state" if frameworks[without[0]] == "torch" else "keras"
            raise Misuse(
                f"--tasks {task.file}: {task.name} has no model for {', '.join(without)}: "
                f"its model needs the method{'s' if ' ' in needs else ''} {needs}; {remedy}"
            )
