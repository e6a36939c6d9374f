"""What a lane waits for that has taken turns: while another one evaluates or deploys, it is stopped."""

from __future__ import annotations

from dataclasses import dataclass

from dlprof.session.history import RunHistory, SessionHistory

TURNS = "turns"
AFTER_TRAINING = ("evaluating", "deploying")
"""Statuses of a lane that has the device for itself."""


@dataclass(frozen=True)
class Wait:
    """Since when, ns since the session's start, and for what."""

    since_ns: int
    cause: str


def wait_of(run: RunHistory, session: SessionHistory) -> Wait | None:
    """What `run` waits for by the end of `session`, as far as the records tell; None where it does not.

    Another lane of its task and device has trained, and `run` has not stepped since.
    """
    if session.meta.get("schedule") != TURNS or run.ended or not run.turns:
        return None
    stepped_ns = max(run.turns[-1].end_ns, int(run.steps.last_end_ns) if len(run.steps) else 0)
    for other in session.runs:
        is_beside = (other.run.task, other.run.device) == (run.run.task, run.run.device)
        if is_beside and other.run.id != run.run.id and other.status in AFTER_TRAINING:
            since_ns = next(event.t_ns for event in reversed(other.events) if event.kind == "status")
            if since_ns >= stepped_ns:
                return Wait(since_ns, f"{other.run.lane} is {other.status}")
    return None
