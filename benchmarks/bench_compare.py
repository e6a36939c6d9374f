"""How often `dlprof compare` is right: recordings of one and the same thing, and one lane of them made 5 % slower.

From the pool of recordings of torch against itself (pool.py): one recording a side, one that started its lanes three
times (three recordings in a row, as one), five a side drawn from the whole pool, and five a side made in turn
(neighbours of the pool). The slow-down is injected into what was recorded: every step of lane `a` times 1.05.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from math import log
from random import Random
from statistics import median, stdev

from pool import recordings

from dlprof.session.compare.comparison import compare
from dlprof.session.compare.model import Comparison
from dlprof.session.compare.quantities import INCONCLUSIVE, SAME, SLOWER
from dlprof.session.compare.recording import Recording, summarised
from dlprof.session.history import STEP_COLUMNS, RunHistory, SessionHistory, Steps
from dlprof.session.records import MEASURED_PHASES

DRAWS, A_SIDE, STARTS, SLOW_DOWN, SLOWED, OTHER = 400, 5, 3, 1.05, "a", "b"
Side = Sequence[int]
"""Numbers of recordings of the pool."""
Draw = Callable[[int, Random], Iterator[tuple[Side, Side]]]


def slower(history: SessionHistory) -> SessionHistory:
    """The session as if every step of one lane had taken SLOW_DOWN times as long."""
    return replace(history, runs=tuple(_slower(run) if run.run.lane == SLOWED else run for run in history.runs))


def _slower(run: RunHistory) -> RunHistory:
    values = run.steps.values.copy()
    for name in ("total_ns", *(f"{phase}_ns" for phase in MEASURED_PHASES)):
        values[:, STEP_COLUMNS.index(name)] *= SLOW_DOWN
    return replace(run, steps=Steps(values))


def together(parts: Sequence[Recording]) -> Recording:
    """Recordings in a row as one that started its lanes as often."""
    runs = (replace(run, repeat=repeat) for repeat, part in enumerate(parts) for run in part.runs)
    return replace(parts[0], runs=tuple(runs))


def pairs(pool: int, _: Random) -> Iterator[tuple[Side, Side]]:
    """Every two recordings."""
    yield from (((first,), (second,)) for first, second in combinations(range(pool), 2))


def drawn(pool: int, random: Random) -> Iterator[tuple[Side, Side]]:
    """Recordings from anywhere in the pool."""
    for _ in range(DRAWS):
        chosen = random.sample(range(pool), 2 * A_SIDE)
        yield chosen[:A_SIDE], chosen[A_SIDE:]


def in_turn(pool: int, random: Random) -> Iterator[tuple[Side, Side]]:
    """Neighbours of the pool, each of which stands on the one or the other side."""
    for _ in range(DRAWS):
        couples = [random.sample((2 * at, 2 * at + 1), 2) for at in random.sample(range(pool // 2), A_SIDE)]
        yield [first for first, _ in couples], [second for _, second in couples]


def show(
    what: str, plain: Sequence[Recording], slow: Sequence[Recording], draw: Draw, reference: str | None = None
) -> None:
    """How often a change is named where there is none, and where there is one."""
    sides = list(draw(len(plain), Random(0)))
    same = [compare([plain[i] for i in a], [plain[i] for i in b], reference=reference) for a, b in sides]
    changed = [compare([plain[i] for i in a], [slow[i] for i in b], reference=reference) for a, b in sides]
    percent = 100 / len(sides)
    figures = (
        sum(any(_named(row.verdict) for _, row in found.gate_rows) for found in same),
        sum(any(_named(row.verdict) for lane in found.lanes for row in lane.rows) for found in same),
        sum(all(row.verdict == SAME for _, row in found.gate_rows) for found in same),
        sum(_verdict(found, SLOWED) == SLOWER for found in changed),
        sum(any(_named(row.verdict) for key, row in found.gate_rows if key.lane != SLOWED) for found in changed),
    )
    print(f"{what:44} {len(sides):5}  " + "  ".join(f"{figure * percent:7.1f}" for figure in figures), flush=True)


def _named(verdict: str) -> bool:
    return verdict not in (SAME, INCONCLUSIVE)


def _verdict(found: Comparison, lane: str) -> str:
    return next(row.verdict for key, row in found.gate_rows if key.lane == lane)


def main() -> None:
    histories = list(recordings())
    plain = [summarised(history, str(number)) for number, history in enumerate(histories)]
    slow = [summarised(slower(history), str(number)) for number, history in enumerate(histories)]
    steps = [log(run.measures["step"].value or 1) for one in plain for run in one.runs if run.key.lane == SLOWED]
    in_row = [abs(b - a) for a, b in zip(steps[::2], steps[1::2], strict=False)]
    print(f"pool of {len(plain)} recordings of torch against itself, {plain[0].started_at} to {plain[-1].started_at}")
    print(f"step of one lane: standard deviation {stdev(steps):.1%}, neighbours {median(in_row):.1%} apart (median)")
    print(f"\n{'of 100 comparisons':44} {'of':>5}  nothing changed:           one lane 5 % slower:")
    print(f"{'':44} {'':5}  {'step':>7}  {'any row':>7}  {'same':>7}  {'found':>7}  {'other lane':>7}")
    rows = [range(at, at + STARTS) for at in range(0, len(plain) - STARTS + 1, STARTS)]
    threes, slow_threes = ([together([pool[i] for i in row]) for row in rows] for pool in (plain, slow))
    for reference in (None, OTHER):
        if reference is not None:
            print(f"relative to the other lane (--reference {OTHER}):")
        show("one recording a side, every two", plain, slow, pairs, reference)
        show(f"one recording of {STARTS} starts a side, every two", threes, slow_threes, pairs, reference)
        show(f"{A_SIDE} recordings a side, from the whole pool", plain, slow, drawn, reference)
        show(f"{A_SIDE} recordings a side, in turn", plain, slow, in_turn, reference)


if __name__ == "__main__":
    main()
