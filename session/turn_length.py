"""How long a run has to step for so many turns."""

from __future__ import annotations

import math
from collections.abc import Iterable

TURN_NS = 250_000_000
TURN_STEPS = 16
"""A turn lasts at least TURN_NS and TURN_STEPS: as profilers/agent/lane.py has them, which imports nothing of this."""
_SPARE = 1
"""A turn more: the last one may be short."""


def advice(turns: int, steps_ns: Iterable[float]) -> str:
    """How to record so that runs have `turns` turns, by the longest of their steps."""
    seconds = math.ceil((turns + _SPARE) * max(TURN_NS, TURN_STEPS * max(steps_ns, default=0.0)) / 1e9)
    return f"record for longer: --duration {seconds}s, or more"
