"""What a run is called outside its session."""

from __future__ import annotations

from dlprof.session.records import Run


def run_name(run: Run) -> str:
    """Lane and task, and from the second start on its number."""
    return f"{run.lane} {run.task}" + (f" #{run.repeat + 1}" if run.repeat else "")
