"""How long a run has to step for so many turns."""

from __future__ import annotations

import math
from collections.abc import Iterable

from dlprof.session.records import ENDED_EARLY

TURN_NS = 250_000_000
TURN_STEPS = 16
"""A turn lasts at least TURN_NS and TURN_STEPS: as profilers/agent/lane.py has them, which imports nothing of this."""
_SPARE = 1
"""A turn more: the last one may be short."""


def advice(turns: int, steps_ns: Iterable[float], statuses: Iterable[str]) -> str:
    """How to record so that runs have `turns` turns, by the longest of their steps.

    Where a run did not come to the length that it was to have, as `statuses` tell, another length is no help.
    """
    early = next((status for status in statuses if status in ENDED_EARLY), None)
    if early is not None:
        return f"a run was {early} before its length: let it come to its end"
    seconds = math.ceil((turns + _SPARE) * max(TURN_NS, TURN_STEPS * max(steps_ns, default=0.0)) / 1e9)
    return f"record for longer: --duration {seconds}s, or more"
