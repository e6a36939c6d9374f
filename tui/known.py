"""What views of one session found before, and need not find anew; what they say depends on the session alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.phases import Phase, phase_figures
from dlprof.tui.own_cost import OwnCosts
from dlprof.tui.verdicts import Verdicts

LOOKED_AT = 32
"""Moments for which costs are weighed before somebody asks: twice as many as there are different ones."""


class Phases:
    """Of runs that did not step since they were last looked at: where lanes take turns, of all but one."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[tuple[int, ...], dict[str, Phase]]] = {}

    def of(self, run: RunHistory) -> dict[str, Phase]:
        """The phases of the run's steps."""
        seen = (len(run.steps), len(run.probes), len(run.events))
        known = self._known.get(run.run.id)
        if known is None or known[0] != seen:
            known = self._known[run.run.id] = (seen, phase_figures(run))
        return known[1]


@dataclass(frozen=True)
class Known:
    """For a screen that asks several times a second."""

    phases: Phases = field(default_factory=Phases)
    costs: OwnCosts = field(default_factory=OwnCosts)
    verdicts: Verdicts = field(default_factory=Verdicts)

    def look_ahead(self, history: SessionHistory, go_on: Callable[[], bool]) -> None:
        """Find what takes long in a session that is over, wherever somebody may go in it, while `go_on` says so.

        Of a million steps that takes a second, and a key a third less from then on.
        """
        if history.tasks:
            self.verdicts.of(history, history.tasks[-1])
        for part in range(LOOKED_AT, 0, -1):
            for run in history.until(history.horizon_ns * part // LOOKED_AT).runs:
                if not go_on():
                    return
                self.costs.of(run)
