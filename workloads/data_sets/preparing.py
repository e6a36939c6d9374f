"""Makes a real data set ready for a task, in a process of its own.

Started by the recorder with one word, the request as JSON: `task`, `folder`, `data` (a name or a path), `data_mb` (at
most so many megabytes for training, or null), `seed`, and `answer`, the file that is written: facts of the data, or
`{"refused": text}`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from dlprof.workloads.data import Samples, for_task, write
from dlprof.workloads.data_sets import arrays_file, fitting
from dlprof.workloads.data_sets.fetching import files_of
from dlprof.workloads.data_sets.found import Found, Unusable, digest
from dlprof.workloads.data_sets.named import NAMED
from dlprof.workloads.tasks import TASKS


def main(request: str) -> int:
    """Prepare as asked; a data set that is of no use is answered with the reason."""
    asked = json.loads(request)
    try:
        answer = prepared(asked)
    except Unusable as error:
        answer = {"refused": str(error)}
    except (OSError, MemoryError) as error:
        answer = {"refused": f"{asked['data']}: cannot be prepared: {error or type(error).__name__}"}
    Path(asked["answer"]).write_text(json.dumps(answer), encoding="utf-8")
    return 0


def prepared(asked: dict[str, Any]) -> dict[str, Any]:
    """What was written into the folder, and what it was read of.

    Raises:
        Unusable: the data set cannot be had, read, or made to fit.
    """
    task, random = TASKS[asked["task"]], np.random.default_rng([asked["seed"], len(asked["task"])])
    found = read(asked["data"])
    train = fitting.images(found.train, task)
    test = None if found.test is None else fitting.images(found.test, task)
    train, test = fitting.split(found, train, test, random)
    sha256, size = digest(found.files)
    facts = write(Path(asked["folder"]), for_task(task, _most(train, asked["data_mb"]), test, random))
    return {**facts, "data": asked["data"], "files": len(found.files), "source_bytes": size, "sha256": sha256}


def read(data: str) -> Found:
    """What the data set of this name or path holds.

    Raises:
        Unusable: it cannot be had or read.
    """
    if data in NAMED:
        return NAMED[data].read(files_of(data))
    return arrays_file.read(Path(data))


def _most(samples: Samples, megabytes: float | None) -> Samples:
    if megabytes is None:
        return samples
    count = max(1, int(megabytes * 1e6 * len(samples.x) / (samples.x.nbytes + samples.y.nbytes)))
    return Samples(samples.x[:count], samples.y[:count])
