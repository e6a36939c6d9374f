"""How much of its length a run has."""

from __future__ import annotations


def how_far(steps: int, stepping_ns: int, of_steps: int | None, of_seconds: float | None) -> str:
    """In words: `100/200 steps`, `1.5/30 s`, or `1.5 s` where it has none.

    `steps` are those after its warm-up; `of_steps` counts where both are given.
    """
    if of_steps is not None:
        return f"{steps}/{of_steps} steps"
    return f"{stepping_ns / 1e9:.1f}" + ("" if of_seconds is None else f"/{of_seconds:g}") + " s"
