"""What views of one session found before, and need not find anew; what they say depends on the session alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlprof.session.history import RunHistory
from dlprof.session.phases import Phase, phase_figures
from dlprof.tui.own_cost import OwnCosts
from dlprof.tui.verdicts import Verdicts


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
