"""How good a trained model is on held-out data: the same NumPy code for every framework."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def metrics(logits: NDArray[Any], targets: NDArray[Any], multi_label: bool) -> dict[str, float]:
    """Accuracy, precision, recall and F1 from logits (samples, classes).

    Multi-label: every label decides by itself (logit > 0), micro-averaged. Otherwise the largest logit decides and
    precision, recall and F1 are macro averages over classes.
    """
    if multi_label:
        chosen, wanted = logits > 0, np.asarray(targets) > 0.5
        hits = np.array([np.count_nonzero(chosen & wanted)])
        said, there = np.array([np.count_nonzero(chosen)]), np.array([np.count_nonzero(wanted)])
        accuracy = np.mean(chosen == wanted)
    else:
        classes = np.arange(logits.shape[1])
        chosen, wanted = logits.argmax(axis=1), np.asarray(targets)
        hits = np.array([np.count_nonzero((chosen == c) & (wanted == c)) for c in classes])
        said = np.array([np.count_nonzero(chosen == c) for c in classes])
        there = np.array([np.count_nonzero(wanted == c) for c in classes])
        accuracy = np.mean(chosen == wanted)
    precision, recall = hits / np.maximum(said, 1), hits / np.maximum(there, 1)
    f1 = 2 * hits / np.maximum(said + there, 1)
    return {
        "accuracy": float(accuracy),
        "precision": float(precision.mean()),
        "recall": float(recall.mean()),
        "f1": float(f1.mean()),
    }
