"""Lanes that train without a recorder, each in a process of its own, and what they say."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LANES = {
    "torch": ("torch", "default", ""),
    "torch:compiled": ("torch", "compiled", ""),
    "tensorflow": ("tensorflow", "default", "tensorflow"),
    "tensorflow:eager": ("tensorflow", "eager", "tensorflow"),
    "tensorflow:compiled": ("tensorflow", "compiled", "tensorflow"),
    "keras": ("keras", "default", "tensorflow"),
    "keras:eager": ("keras", "eager", "tensorflow"),
    "keras:compiled": ("keras", "compiled", "tensorflow"),
    "keras@torch": ("keras_torch", "default", "torch"),
    "keras@torch:compiled": ("keras_torch", "compiled", "torch"),
    "keras@jax": ("keras_jax", "default", "jax"),
    "keras@jax:eager": ("keras_jax", "eager", "jax"),
}
DARK_EVERY = 4


@dataclass(frozen=True)
class Run:
    task: str
    folder: Path
    steps: int
    workers: int = 0


def train_alone(lane: str, runs: Sequence[Run], dark_every: int = DARK_EVERY) -> list[dict[str, Any]]:
    """What `lane` says of each of `runs`, with no dark step where `dark_every` is 0.

    Its operators have one thread: two of them spin where others run.
    """
    module, mode, backend = LANES[lane]
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests" / "profilers" / "agent")))
    environment = {**os.environ, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    environment |= {"KERAS_BACKEND": backend or "tensorflow", "JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "1"}
    environment |= {"TF_NUM_INTRAOP_THREADS": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
    program = str(Path(__file__).with_name("train_alone.py"))
    words = [str(word) for run in runs for word in (run.task, run.folder, run.steps, run.workers)]
    command = [sys.executable, program, module, mode, str(dark_every), *words]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]


def losses(said: dict[str, Any]) -> dict[int, float]:
    """The loss of each step that was not dark, by the step's number."""
    lit = [number for number in range(len(said["steps"]) + len(said["dark"])) if number not in said["dark"]]
    return {number: step[-1] for number, step in zip(lit, said["steps"], strict=True)}
