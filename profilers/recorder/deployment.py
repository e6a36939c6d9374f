"""Deploys a trained model: the lane saves it in each format, then a fresh process for each loads it and predicts."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dlprof.profilers.recorder import working_folder
from dlprof.profilers.recorder.fresh_process import ask
from dlprof.profilers.recorder.interpreters import NEEDS
from dlprof.profilers.recorder.lane_process import LaneProcess
from dlprof.profilers.recorder.plan import Workloads
from dlprof.profilers.recorder.programs import environment, program

AddEvent = Callable[[int, str, Mapping[str, Any]], None]
"""Records an event of a run: its id, kind and data."""
_FORMAT = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MOST_FORMATS = 16
_OF_SAVING = ("save_ns", "bytes", "reason")


class Deployment:
    """The deployments of a recording: `deployed` and `installed` events of each run."""

    def __init__(self, workloads: Workloads, folder: Path, seconds: float, add: AddEvent) -> None:
        """`seconds` is what each format may take to be saved, and again to be tried."""
        self._workloads, self._folder, self._seconds, self._add = workloads, folder, seconds, add
        self._installed: dict[str, Mapping[str, Any]] = {}

    async def deploy(self, lane: LaneProcess) -> None:
        """Save and try the model of a lane that waits for it; no other lane may step meanwhile."""
        lane.settled = True
        for name, saved in (await self._saved(lane)).items():
            tried = saved if "reason" in saved else {**saved, **await self._tried(lane, name)}
            self._add(lane.run.id, "deployed", {"format": name, **tried})
        self._add(lane.run.id, "installed", await self._installation(lane))

    async def _saved(self, lane: LaneProcess) -> dict[str, dict[str, Any]]:
        """What became of saving in each format that the lane named; its process is over then."""
        names = [name for name in lane.formats if _FORMAT.fullmatch(name)][:_MOST_FORMATS]
        saved: dict[str, dict[str, Any]] = {}
        left = "the lane ended before it was saved"
        lane.save()
        try:
            for _ in names:
                async with asyncio.timeout(self._seconds):
                    message = await lane.after_training.get()
                saved[str(message.get("format"))] = {key: message[key] for key in _OF_SAVING if key in message}
        except TimeoutError:
            left = f"the lane did not save it within {self._seconds:g} s: killed"
        if lane.returncode is None:
            lane.kill()
        await lane.ended()
        return {name: saved.get(name, {"reason": left}) for name in names}

    async def _tried(self, lane: LaneProcess, name: str) -> dict[str, Any]:
        request = {
            "format": name,
            "run_dir": str(working_folder.of_run(self._folder, lane.run.id)),
            "device": lane.run.device,
            "task": lane.task,
        }
        answer = await self._ask(lane, self._workloads.trial, name, request)
        started_ns, first_ns = answer.pop("started_ns", None), answer.pop("first_ns", None)
        if isinstance(started_ns, int) and isinstance(first_ns, int):
            answer["cold_start_ns"] = first_ns - started_ns
        return answer

    async def _installation(self, lane: LaneProcess) -> Mapping[str, Any]:
        """Once for each lane: another run of it has the same."""
        if lane.run.lane not in self._installed:
            modules = NEEDS[lane.run.framework, lane.run.backend].modules
            request = {
                "modules": [module for module in modules if module != "numpy"]
            }  # what dlprof's lane needs itself
            found = await self._ask(lane, self._workloads.installation, "installation", request)
            found.pop("started_ns", None)
            self._installed[lane.run.lane] = found
        return self._installed[lane.run.lane]

    async def _ask(self, lane: LaneProcess, module: str, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
        answer = working_folder.of_run(self._folder, lane.run.id) / f"{name}.json"
        words = program(lane.plan.interpreter, module, json.dumps({**request, "answer": str(answer)}))
        return await ask(words, environment(lane.plan, lane.mark), answer, self._seconds)
