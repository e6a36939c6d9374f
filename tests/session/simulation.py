"""Recordings with known differences and costs, as noisy as real ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dlprof.session.history import STEP_COLUMNS, RunHistory, Steps
from dlprof.session.records import DARK, Run, Turn

MS = 1_000_000


def steps_of(totals_ns: NDArray[np.float64], turns: NDArray[np.int64], flags: NDArray[np.int64] | int = 0) -> Steps:
    """Steps with these totals, turns and flags; all of shape (steps,)."""
    values = np.full((len(totals_ns), len(STEP_COLUMNS)), np.nan)
    for name, column in (("total_ns", totals_ns), ("turn", turns), ("flags", flags), ("index", np.arange(len(turns)))):
        values[:, STEP_COLUMNS.index(name)] = column
    return Steps(values)


def drift(random: np.random.Generator, turns: int) -> NDArray[np.float64]:
    """The machine's speed in each turn, a random walk with steps of 1 %, shape (turns,)."""
    return np.exp(np.cumsum(random.normal(0, 0.01, turns)))


def run_of(number: int, lane: str, repeat: int, steps: Steps, turns: tuple[Turn, ...] = ()) -> RunHistory:
    return RunHistory(Run(number, lane, lane, None, "default", "mnist-mlp", repeat, "cpu", 128), steps, turns)


def changed(run: RunHistory, factor: NDArray[np.float64] | float = 1, later: int = 0) -> RunHistory:
    """The run with its steps `factor` times as long, and its turns `later` by so many."""
    values = run.steps.values.copy()
    values[:, STEP_COLUMNS.index("total_ns")] *= factor
    values[:, STEP_COLUMNS.index("turn")] += later
    return replace(run, steps=Steps(values))


def two_lanes(
    random: np.random.Generator, ratio: float, start_sd: float, repeats: int, turns: int = 24
) -> tuple[list[RunHistory], list[RunHistory]]:
    """Repeats of two lanes of which the second takes `ratio` as long; one process differs by `start_sd` from the next.

    Turns have 16 steps with right-skewed noise of 10 %, an own offset of 1 %, and the drift of their pair; one step of
    fifty takes three times as long.
    """
    lanes: tuple[list[RunHistory], list[RunHistory]] = ([], [])
    of_turn = np.repeat(np.arange(turns), 16)
    for repeat in range(repeats):
        shared = drift(random, turns)
        for lane, (name, mean) in enumerate((("a", 2 * MS), ("b", 2 * MS * ratio))):
            start = np.exp(random.normal(0, start_sd))
            turn = shared * np.exp(random.normal(0, 0.01, turns))
            noise = np.exp(random.normal(0, 0.1, len(of_turn))) * np.where(random.random(len(of_turn)) < 0.02, 3, 1)
            lanes[lane].append(run_of(lane, name, repeat, steps_of(mean * start * turn[of_turn] * noise, of_turn)))
    return lanes


def lit_and_dark(random: np.random.Generator, cost: float, turns: int = 170, noise: float = 0.1) -> Steps:
    """Turns of 24 steps in blocks of 8, a third of them dark; the others take `cost` as long."""
    of_turn = np.repeat(np.arange(turns), 24)
    dark = np.repeat(random.permuted(np.tile([True, False, False], (turns, 1)), axis=1).ravel(), 8)
    totals = 2 * MS * drift(random, turns)[of_turn] * np.exp(random.normal(0, noise, len(of_turn)))
    return steps_of(totals * np.where(dark, 1, cost), of_turn, np.where(dark, DARK, 0))


def sampled_and_not(random: np.random.Generator, cost: float, turns: int = 240) -> RunHistory:
    """Turns of 20 steps, a quarter of them without stack sampling; the others take `cost` as long."""
    of_turn = np.repeat(np.arange(turns), 20)
    sampled = random.random(turns) >= 0.25
    totals = 2 * MS * drift(random, turns)[of_turn] * np.exp(random.normal(0, 0.1, len(of_turn)))
    records = tuple(Turn(1, i, i * 100 * MS, (i + 1) * 100 * MS, True, bool(sampled[i])) for i in range(turns))
    return run_of(1, "a", 0, steps_of(totals * np.where(sampled, cost, 1)[of_turn], of_turn), records)
