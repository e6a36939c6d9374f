"""What a lane predicts of the held-out data, left in the run's folder for others to judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlprof.profilers.agent.protocol import TrainingLane

LOGITS = "logits.npy"


def accuracy(logits: NDArray[Any], targets: NDArray[Any]) -> float:
    """Of classes (samples,), the share of those chosen rightly; of labels (samples, labels), of single labels."""
    chosen = logits.argmax(axis=1) if targets.ndim == 1 else logits > 0
    return float(np.mean(chosen == (targets if targets.ndim == 1 else targets > 0.5)))


def keep(lane: TrainingLane, logits: NDArray[Any]) -> None:
    """Write the trained model's logits (held-out samples, classes), and say so."""
    np.save(Path(lane.config["run_dir"]) / LOGITS, np.asarray(logits, np.float32), allow_pickle=False)
    lane.predicted()
