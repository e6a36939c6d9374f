"""Up to where runs are weighed for a screen that asks several times a second."""

from __future__ import annotations

from dlprof.session.history import RunHistory

TURNS = 8
"""Weighed anew after so many turns, or a sixteenth of all: what is weighed hardly changes, and weighing takes half as
long as all else on the screen."""


def weighed_until_ns(run: RunHistory) -> int:
    """The end of the last turn to weigh, of all of them once the run is over; 0 where there is none."""
    turns = len(run.turns)
    if not run.ended:
        turns -= turns % max(TURNS, 1 << turns.bit_length() >> 4)
    return run.turns[turns - 1].end_ns if turns else 0
