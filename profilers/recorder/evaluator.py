"""Has predictions judged by a process of its own, so that the recorder stays small and on time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlprof.profilers.recorder.guard import MARK
from dlprof.profilers.recorder.programs import program

_PIPES: Any = {"stdin": PIPE, "stdout": PIPE, "stderr": DEVNULL}


class Evaluator:
    """One process for a whole recording, begun with its first evaluation; another one where that has died."""

    def __init__(self, module: str, recording: str, answer_s: float) -> None:
        """`module` answers as workloads/evaluation.py does; `recording` marks its process, `answer_s` is its time."""
        self._words = program(sys.executable, module)
        self._environment = {**os.environ, MARK: f"{recording}.evaluator."}
        self._answer_s = answer_s
        self._process: asyncio.subprocess.Process | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def pids(self) -> list[int]:
        """The process, where there is one."""
        return [] if self._process is None or self._process.returncode is not None else [self._process.pid]

    async def metrics(self, logits: Path, targets: Path) -> Mapping[str, Any]:
        """The metrics of the predictions in `logits`, or the `reason` why there are none."""
        async with self._one_at_a_time:
            try:
                question = json.dumps({"logits": str(logits), "targets": str(targets)})
                async with asyncio.timeout(self._answer_s):
                    return json.loads(await self._answer(question))
            except TimeoutError:
                await self.close()
                return {"reason": f"the evaluating process did not answer within {self._answer_s:g} s"}
            except (OSError, ValueError):
                await self.close()
                return {"reason": "the evaluating process ended without an answer"}

    async def close(self) -> None:
        """End the process."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _answer(self, question: str) -> bytes:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._words, **_PIPES, env=self._environment, start_new_session=True
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(question.encode() + b"\n")
        await self._process.stdin.drain()
        return await self._process.stdout.readline()
