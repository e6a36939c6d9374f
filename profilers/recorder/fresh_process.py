"""A short process that answers one request through a file."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from dlprof.profilers.recorder.output_tail import OutputTail
from dlprof.session.text import clean_line

_LONGEST = 1 << 16
"""Bytes of an answer."""


async def ask(
    words: Sequence[str],
    environment: Mapping[str, str],
    answer: Path,
    seconds: float | None,
    stdout: int | TextIO = DEVNULL,
) -> dict[str, Any]:
    """What the process of this command line writes into `answer`, with `started_ns`, when it was started.

    Or the `reason` why there is nothing. It is killed after `seconds`, where that is set, with what it has started.
    """
    output = OutputTail()
    started_ns = time.perf_counter_ns()
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdin=DEVNULL, stdout=stdout, stderr=output.write_end, env=environment, start_new_session=True
        )
    except OSError as error:
        return {"reason": f"cannot start {words[0]}: {error.strerror}"}
    finally:
        output.give_away()
    output.follow()
    try:
        async with asyncio.timeout(seconds):
            code = await process.wait()
    except TimeoutError:
        return {"reason": f"no answer within {seconds:g} s: killed"}
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        last_words = output.close().strip().rpartition("\n")[2]
    try:
        with answer.open("rb") as file:
            return {**json.loads(file.read(_LONGEST)), "started_ns": started_ns}
    except (OSError, ValueError, TypeError):
        said = clean_line(last_words, 200)
        return {"reason": f"ended with exit code {code} and no answer" + (f": {said}" if said else "")}
