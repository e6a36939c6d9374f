"""What dlprof itself costs in each run, for a screen that asks several times a second."""

from __future__ import annotations

from dlprof.session.history import RunHistory
from dlprof.session.overhead import StampCost, stamp_cost
from dlprof.session.statistics import NotAvailable

TURNS = 8
"""Weighed anew after so many turns, or a sixteenth of all: it hardly changes, and weighing takes half as long as all
else on the screen."""


class OwnCosts:
    """Remembers the costs that it weighed; what it says depends on the history alone."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], StampCost | NotAvailable] = {}

    def of(self, history: RunHistory) -> StampCost | NotAvailable:
        """The cost of stamps in the run up to its last turn, or (until it ends) one of its last TURNS or sixteenth."""
        turns = len(history.turns)
        if not history.ended:
            turns -= turns % max(TURNS, 1 << turns.bit_length() >> 4)
        key = (history.run.id, turns)
        if key not in self._known:
            steps = history.steps.until(history.turns[turns - 1].end_ns if turns else 0)
            self._known[key] = stamp_cost(steps) if len(steps) else NotAvailable("too short to say")
        return self._known[key]
