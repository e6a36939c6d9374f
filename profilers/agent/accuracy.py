"""How soon a lane reaches an accuracy on held-out data: looked at between turns, outside the counted steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Optional

_RARELY = 10
"""So many times as long as a look took, a lane steps before the next."""


class AccuracyCheck:
    """Looks at the accuracy until `target` is reached; `measure` gives it (0-1)."""

    def __init__(self, target: float, measure: Callable[[], float]) -> None:
        self._target, self._measure = target, measure
        self._next_ns = 0.0
        self._reached = False

    def look(self, steps: int, stepping_ns: int) -> Optional[dict[str, Any]]:
        """What was found after so many steps and so much stepping since the warm-up; None where nobody looked."""
        if self._reached or steps <= 0 or stepping_ns < self._next_ns:
            return None
        began_ns = time.perf_counter_ns()
        accuracy = float(self._measure())
        took_ns = time.perf_counter_ns() - began_ns
        self._next_ns = stepping_ns + _RARELY * took_ns
        self._reached = accuracy >= self._target
        return {"accuracy": accuracy, "steps": steps, "stepping_ns": stepping_ns, "took_ns": took_ns}
