"""A saved model in a fresh process: how soon it predicts, how fast, in how much memory, and whether it says the same.

Started by the recorder with one word, the request as JSON: `format`, `run_dir`, `device`, `task`, and `answer`, the
file that is written: the figures, or `{"reason": text}`. Durations are ns of the host's clock.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.profilers.agent.memory import peak_resident
from dlprof.workloads.deploy.files import INPUTS, OUTPUTS, Predict, Saved, one_line

_SECONDS = 0.5
"""For the latencies, and again for the throughput."""
_FEWEST, _MOST = 20, 1000
"""Predictions that are timed one by one, at least and at most."""
_WARM_UP = 10
BATCH = 32
"""Samples of a prediction whose throughput is measured."""
_LIBRARIES = ("torch", "tensorflow", "keras", "jax", "onnxruntime", "ai_edge_litert", "dlprof.workloads.tasks")


def main(request: str) -> int:
    """Try the model; what fails is the answer's reason."""
    asked = json.loads(request)
    try:
        answer = _tried(asked)
    except Exception as error:
        answer = {"reason": one_line(error)}
    Path(asked["answer"]).write_text(json.dumps(answer), encoding="utf-8")
    return 0


def _tried(asked: dict[str, Any]) -> dict[str, Any]:
    folder = Path(asked["run_dir"])
    inputs, outputs = (np.load(folder / name, allow_pickle=False) for name in (INPUTS, OUTPUTS))
    began_ns = time.perf_counter_ns()
    loading = importlib.import_module(f"dlprof.workloads.deploy.loading.{asked['format']}")
    imported_ns = time.perf_counter_ns()
    predict: Predict = loading.load(Saved(folder / asked["format"], asked["device"], asked["task"]))
    loaded_ns = time.perf_counter_ns()
    predict(inputs[:1])
    first_ns = time.perf_counter_ns()
    latencies = latencies_ns(predict, inputs)
    return {
        "first_ns": first_ns,
        "import_ns": imported_ns - began_ns,
        "load_ns": loaded_ns - imported_ns,
        "latency_p50_ns": round(float(np.percentile(latencies, 50))),
        "latency_p95_ns": round(float(np.percentile(latencies, 95))),
        "samples_per_s": samples_per_s(predict, inputs[:BATCH]),
        **_difference(predict, inputs, outputs),
        "peak_bytes": peak_resident(),
        "needs": [name for name in _LIBRARIES if name in sys.modules],
    }


def latencies_ns(predict: Predict, inputs: NDArray[Any]) -> list[int]:
    """How long each of some predictions of one sample took, after some that are not counted."""
    for index in range(_WARM_UP):
        predict(inputs[index % len(inputs)][np.newaxis])
    found: list[int] = []
    ends_ns = time.perf_counter_ns() + _SECONDS * 1e9
    while len(found) < _FEWEST or (time.perf_counter_ns() < ends_ns and len(found) < _MOST):
        one = inputs[len(found) % len(inputs)][np.newaxis]
        began_ns = time.perf_counter_ns()
        predict(one)
        found.append(time.perf_counter_ns() - began_ns)
    return found


def samples_per_s(predict: Predict, batch: NDArray[Any]) -> float:
    """Samples predicted a second, in batches like `batch`, after one that is not counted."""
    predict(batch)
    batches, began_ns, now_ns = 0, time.perf_counter_ns(), 0
    while batches < 3 or now_ns - began_ns < _SECONDS * 1e9:
        predict(batch)
        batches, now_ns = batches + 1, time.perf_counter_ns()
    return batches * len(batch) / ((now_ns - began_ns) / 1e9)


def _difference(predict: Predict, inputs: NDArray[Any], outputs: NDArray[Any]) -> dict[str, Any]:
    """The largest difference from what the training process predicts; why there is none."""
    parts = [predict(inputs[first : first + BATCH]) for first in range(0, len(inputs), BATCH)]
    found = np.concatenate(parts)
    if found.shape != outputs.shape:
        return {"difference_reason": f"predictions of shape {found.shape}, not {outputs.shape}"}
    if not np.isfinite(found).all():
        return {"difference_reason": "predictions that are not finite"}
    return {"largest_difference": float(np.abs(found - outputs).max())}
