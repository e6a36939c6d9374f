"""Saving a trained model in one format after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.profilers.agent.protocol import TrainingLane
from dlprof.workloads.deploy.files import INPUTS, OUTPUTS, SAMPLES, one_line


@dataclass(frozen=True)
class Format:
    """A format by the name of its module in `loading`, and how a model is saved in it, into a folder that is there."""

    name: str
    save: Callable[[Path], Any]


def save_all(lane: TrainingLane, formats: Sequence[Format], inputs: NDArray[Any], outputs: NDArray[Any]) -> None:
    """Save in each of `formats` where the recording deploys. What fails is said in one line and leaves the others.

    `inputs` are samples as the model takes them, `outputs` this process's predictions of them; the first SAMPLES are
    kept.
    """
    if not lane.may_deploy([format.name for format in formats]):
        return
    lane.status("deploying")
    folder = Path(lane.config["run_dir"])
    np.save(folder / INPUTS, inputs[:SAMPLES], allow_pickle=False)
    np.save(folder / OUTPUTS, outputs[:SAMPLES], allow_pickle=False)
    for format in formats:
        own = folder / format.name
        own.mkdir()
        began_ns = time.perf_counter_ns()
        try:
            format.save(own)
        except Exception as error:
            lane.saved(format.name, reason=one_line(error))
        else:
            lane.saved(format.name, save_ns=time.perf_counter_ns() - began_ns, bytes=_size(own))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
