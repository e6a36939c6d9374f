"""Makes the data of a task ready in a process of its own: a real data set, or what the user's own task draws.

Started by the recorder with one word, the request as JSON: `task`, `file`, which defines it where it is the user's
own, `folder`, `data` ("synthetic", a name or a path), `data_mb` (at most so many megabytes for training, or null),
`seed`, and `answer`, the file that is written: facts of the data, or `{"refused": text}`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from dlprof.workloads.data import SYNTHETIC, Samples, for_task, prepare_task, write
from dlprof.workloads.data_sets import arrays_file, fitting_texts, image_folder, numbered_texts, table_file
from dlprof.workloads.data_sets.fetching import files_of
from dlprof.workloads.data_sets.fitting_images import images
from dlprof.workloads.data_sets.found import Found, Part, Unusable, digest
from dlprof.workloads.data_sets.held_out import split
from dlprof.workloads.data_sets.named import NAMED
from dlprof.workloads.own_task import NoTask, task_of
from dlprof.workloads.synthetic import Images, Texts
from dlprof.workloads.tasks import Task, with_labels


def main(request: str) -> int:
    """Prepare as asked; a data set that is of no use is answered with the reason."""
    asked = json.loads(request)
    try:
        answer = prepared(asked)
    except (Unusable, NoTask) as error:
        answer = {"refused": str(error)}
    except (OSError, MemoryError) as error:
        answer = {"refused": f"{asked['data']}: cannot be prepared: {error or type(error).__name__}"}
    Path(asked["answer"]).write_text(json.dumps(answer), encoding="utf-8")
    return 0


def prepared(asked: dict[str, Any]) -> dict[str, Any]:
    """What was written into the folder, and what it was read of.

    Raises:
        Unusable: the data set cannot be had, read, or made to fit.
        NoTask: the user's file gives no task.
    """
    task = task_of({"name": asked["task"], "file": asked.get("file")})
    if asked["data"] == SYNTHETIC:
        return prepare_task(task, Path(asked["folder"]), asked["data_mb"], asked["seed"])
    random = np.random.default_rng([asked["seed"], len(task.name)])
    found = read(asked["data"], task)
    train, held_out = fitted(*split(found, random), task)
    fact = {"labels": train.y.shape[1]} if isinstance(task.data, Texts) else {}
    task = with_labels(task, fact.get("labels"))
    sha256, size = digest(found.files)
    facts = write(Path(asked["folder"]), for_task(task, _most(train, asked["data_mb"]), held_out, random))
    return {**facts, **fact, "data": asked["data"], "files": len(found.files), "source_bytes": size, "sha256": sha256}


def fitted(train: Part, held_out: Part, task: Task) -> tuple[Samples, Samples]:
    """Both parts as the task takes them.

    Raises:
        Unusable: they do not fit.
    """
    if isinstance(task.data, Images):
        return images(train, task), images(held_out, task)
    if not isinstance(task.data, Texts):
        raise Unusable(f"{task.name} has data of its own kind; expected --data synthetic")
    if isinstance(train.x[0], str):
        return fitting_texts.cleaned(train, held_out, task.data)
    return fitting_texts.numbered(train, held_out, task.data)


def read(data: str, task: Task) -> Found:
    """What the data set of this name or path holds, for the task.

    Raises:
        Unusable: it cannot be had or read.
    """
    if data in NAMED:
        return NAMED[data].read(files_of(data))
    path = Path(data)
    if path.is_dir():
        if not isinstance(task.data, Images):
            raise Unusable(f"{path}: is a folder, of images; {task.name} does not take images")
        return image_folder.read(path, task.data.size)
    if path.suffix.lower() == ".csv":
        return table_file.read(path)
    return numbered_texts.read(path) if isinstance(task.data, Texts) else arrays_file.read(path)


def _most(samples: Samples, megabytes: float | None) -> Samples:
    if megabytes is None:
        return samples
    count = max(1, int(megabytes * 1e6 * len(samples.x) / (samples.x.nbytes + samples.y.nbytes)))
    return Samples(samples.x[:count], samples.y[:count])
