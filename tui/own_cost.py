"""What dlprof itself costs in each run, for a screen that asks several times a second."""

from __future__ import annotations

from dataclasses import dataclass

from dlprof.session.history import RunHistory
from dlprof.session.overhead import BLOCKS, TURNS, Cost, StampCost, sampling_cost, stamp_cost, too_short
from dlprof.session.statistics import NotAvailable
from dlprof.tui.weighing import weighed_until_ns


@dataclass(frozen=True)
class OwnCost:
    """What timing the phases adds to a step, and what sampling the stacks does."""

    stamps: StampCost | NotAvailable
    stacks: Cost | NotAvailable


class OwnCosts:
    """Remembers the costs that it weighed; what it says depends on the history alone."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], OwnCost] = {}

    def of(self, history: RunHistory) -> OwnCost:
        """The costs in the run, as far as they are weighed."""
        until_ns = weighed_until_ns(history)
        if not until_ns:
            return OwnCost(too_short(len(history.turns), TURNS), too_short(0, BLOCKS))
        key = (history.run.id, until_ns)
        if key not in self._known:
            weighed = history.until(until_ns)
            self._known[key] = OwnCost(stamp_cost(weighed.steps), sampling_cost(weighed))
        return self._known[key]
