"""How good predictions of held-out data are, the same for every framework: a process of its own, with scikit-learn.

Each line of stdin is a question, `{"logits": PATH, "targets": PATH}`, and is answered by a line on stdout: the metrics,
or `{"reason": text}`. Logits come from a lane and may be anything.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NOT_INSTALLED = "scikit-learn is not installed: pip install 'dlprof[metrics]'"


def metrics(logits: NDArray[Any], targets: NDArray[Any]) -> dict[str, float]:
    """Loss, accuracy, precision, recall and F1 of logits (samples, classes).

    `targets` (samples,) are classes: the largest logit decides, and the averages over classes are macro. `targets`
    (samples, labels) are 0 or 1: a logit above 0 says 1, accuracy is that of single labels, and precision, recall and
    F1 are micro; their macro averages and the share of samples without a wrong label stand beside them.
    """
    if targets.ndim == 1:
        return {"loss": _cross_entropy(logits, targets), **_of_classes(logits, targets)}
    return {"loss": _binary_cross_entropy(logits, targets), **_of_labels(logits > 0, targets > 0.5)}


def _cross_entropy(logits: NDArray[Any], targets: NDArray[Any]) -> float:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(targets)), targets]))


def _binary_cross_entropy(logits: NDArray[Any], targets: NDArray[Any]) -> float:
    return float(np.mean(np.logaddexp(0, logits) - targets * logits))


def _of_classes(logits: NDArray[Any], targets: NDArray[Any]) -> dict[str, float]:
    chosen, classes = logits.argmax(axis=1), np.arange(logits.shape[1])
    return {
        "accuracy": float(_library().accuracy_score(targets, chosen)),
        **_averages("", "macro", targets, chosen, labels=classes),
    }


def _of_labels(chosen: NDArray[np.bool_], targets: NDArray[np.bool_]) -> dict[str, float]:
    return {
        "accuracy": float(1 - _library().hamming_loss(targets, chosen)),
        "exact_match": float(_library().accuracy_score(targets, chosen)),
        **_averages("", "micro", targets, chosen),
        **_averages("_macro", "macro", targets, chosen),
    }


def _averages(suffix: str, average: str, targets: Any, chosen: Any, **options: Any) -> dict[str, float]:
    found = _library().precision_recall_fscore_support(targets, chosen, average=average, zero_division=0, **options)
    return {f"{name}{suffix}": float(value) for name, value in zip(("precision", "recall", "f1"), found)}


def _library() -> Any:
    from sklearn import metrics

    return metrics


def judged(logits_path: Path, targets_path: Path) -> dict[str, Any]:
    """The metrics of what lies at these paths, with the number of `samples`; or the `reason` why there are none."""
    try:
        logits, targets = (np.load(path, mmap_mode="r", allow_pickle=False) for path in (logits_path, targets_path))
        reason = _unfit(logits, targets)
        return {"reason": reason} if reason else {**metrics(logits.astype(float), targets), "samples": len(targets)}
    except FileNotFoundError:
        return {"reason": "the lane left no predictions"}
    except ImportError:
        return {"reason": _NOT_INSTALLED}
    except (OSError, ValueError, EOFError, MemoryError) as error:
        return {"reason": f"the predictions cannot be read: {error}"}


def _unfit(logits: NDArray[Any], targets: NDArray[Any]) -> str | None:
    """Why `logits` cannot be predictions of `targets`; None where they can."""
    if logits.dtype.kind != "f":
        return f"the predictions are no floating-point numbers but {logits.dtype}"
    classes = logits.shape[1] if logits.ndim == 2 else 0
    wanted = (len(targets), max(classes, int(targets.max()) + 1) if targets.ndim == 1 else targets.shape[1])
    if logits.shape != wanted:
        return f"the predictions have the shape {logits.shape}, not {wanted}"
    return None if np.isfinite(logits).all() else "the predictions hold numbers that are not finite: training diverged"


def main() -> int:
    """Answer until stdin ends."""
    with suppress(ImportError):
        _library()  # takes most of a second: meanwhile the lane predicts
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(judged(Path(question["logits"]), Path(question["targets"]))), flush=True)
    return 0
