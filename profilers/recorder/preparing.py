"""Has a task's data made, aside from the recorder's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlprof.profilers.recorder.plan import Plan, Prepare
from dlprof.profilers.recorder.working_folder import no_room


async def prepared(prepare: Prepare, plan: Plan, task: str, folder: Path) -> Mapping[str, Any]:
    """What `prepare` says of the data of `task`, which are in `folder` then.

    Raises:
        SessionError: there is no room for them.
    """
    try:
        folder.mkdir()
        return await _to_its_end(prepare, task, folder, plan.data_mb, plan.seed)
    except OSError as error:
        raise no_room(f"the data of {task}", folder, error) from error


async def _to_its_end(prepare: Prepare, *args: Any) -> Mapping[str, Any]:
    """Prepare in a thread. A cancellation waits for it: a thread cannot be broken off and still writes."""
    thread = asyncio.create_task(asyncio.to_thread(prepare, *args))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        await asyncio.gather(thread, return_exceptions=True)
        raise
