"""What dlprof itself costs in each run, for a screen that asks several times a second."""

from __future__ import annotations

from dlprof.session.history import RunHistory
from dlprof.session.overhead import StampCost, stamp_cost
from dlprof.session.statistics import NotAvailable
from dlprof.tui.weighing import weighed_until_ns


class OwnCosts:
    """Remembers the costs that it weighed; what it says depends on the history alone."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], StampCost | NotAvailable] = {}

    def of(self, history: RunHistory) -> StampCost | NotAvailable:
        """The cost of stamps in the run, as far as it is weighed."""
        key = (history.run.id, weighed_until_ns(history))
        if key not in self._known:
            steps = history.steps.until(key[1])
            self._known[key] = stamp_cost(steps) if len(steps) else NotAvailable("too short to say")
        return self._known[key]
