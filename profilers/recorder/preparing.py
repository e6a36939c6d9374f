"""Has a task's data made, aside from the recorder's loop."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlprof.profilers.recorder.fresh_process import ask
from dlprof.profilers.recorder.guard import MARK
from dlprof.profilers.recorder.plan import SYNTHETIC, Plan, TaskPlan, Workloads
from dlprof.profilers.recorder.programs import program
from dlprof.profilers.recorder.working_folder import no_room
from dlprof.session.errors import UnusableData


def announcement(plan: Plan, task: TaskPlan) -> str:
    """What is done, in one line."""
    if plan.data == SYNTHETIC:
        return f"{task.name}: preparing {plan.data_mb:g} MB of data"
    most = "" if plan.data_mb is None else f", {plan.data_mb:g} MB of it"
    return f"{task.name}: preparing {plan.data}{most}"


async def prepared(workloads: Workloads, plan: Plan, task: TaskPlan, folder: Path) -> Mapping[str, Any]:
    """What there is to say of the data of `task`, which are in `folder` then.

    Raises:
        UnusableData: a real data set cannot be read, or does not fit.
        SessionError: there is no room for them.
    """
    try:
        folder.mkdir()
        if plan.data == SYNTHETIC and task.file is None:
            return await _to_its_end(workloads.prepare, task.name, folder, plan.data_mb, plan.seed)
        return await _in_a_process(workloads.apart, plan, task, folder)
    except OSError as error:
        raise no_room(f"the data of {task.name}", folder, error) from error


async def _to_its_end(prepare: Any, *args: Any) -> Mapping[str, Any]:
    """Prepare in a thread. A cancellation waits for it: a thread cannot be broken off and still writes."""
    thread = asyncio.create_task(asyncio.to_thread(prepare, *args))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        await asyncio.gather(thread, return_exceptions=True)
        raise


async def _in_a_process(module: str, plan: Plan, task: TaskPlan, folder: Path) -> Mapping[str, Any]:
    """Files of others are read, and run, where that can neither harm the recorder nor swell it, and can be broken off.

    Its stdout, a bar of how far a download is, goes to whoever looks at the recorder's stderr.
    """
    answer = folder / "answer.json"
    request = {
        "task": task.name,
        "file": task.file,
        "folder": str(folder),
        "data": plan.data,
        "data_mb": plan.data_mb,
        "seed": plan.seed,
        "answer": str(answer),
    }
    words = program(sys.executable, module, json.dumps(request))
    environment = {**os.environ, MARK: f"{folder.parent.name}.data."}
    found = await ask(words, environment, answer, None, sys.stderr if sys.stderr.isatty() else DEVNULL)
    found.pop("started_ns", None)
    if "refused" in found:
        raise UnusableData(found["refused"])
    if "reason" in found:
        raise UnusableData(f"{plan.data} data of {task.name} could not be prepared: their process {found['reason']}")
    return found
