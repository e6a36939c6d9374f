"""How often a verdict is right: a lane against itself, and against itself made 5 % slower.

From the pool of recordings of torch against itself (pool.py), two lanes in turns: the verdict of every recording alone
(one repeat), and of groups of five drawn from the pool (five repeats). The slow-down is injected into what was
recorded: every step of the second lane times 1.05.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from pool import recordings

from dlprof.session.history import STEP_COLUMNS, RunHistory, Steps
from dlprof.session.lane_verdicts import compare

REPEATS, DRAWS, SLOW_DOWN = 5, 200, 1.05
Pair = tuple[RunHistory, RunHistory]


def slower(run: RunHistory) -> RunHistory:
    """The run as if every step had taken SLOW_DOWN times as long."""
    values = run.steps.values.copy()
    values[:, STEP_COLUMNS.index("total_ns")] *= SLOW_DOWN
    return replace(run, steps=Steps(values))


def verdict(pairs: Sequence[Pair], slow: bool) -> str:
    """The verdict on pairs of starts, as repeats of one recording."""
    first, second = [], []
    for repeat, (a, b) in enumerate(pairs):
        first.append(replace(a, run=replace(a.run, repeat=repeat)))
        other = replace(b, run=replace(b.run, repeat=repeat))
        second.append(slower(other) if slow else other)
    return compare(first, second).verdict


def show(what: str, verdicts: list[str]) -> None:
    """Count verdicts."""
    counts = Counter(verdicts)
    shares = ", ".join(f"{word} {counts[word]}" for word in ("first faster", "second faster", "same", "inconclusive"))
    print(f"{what:58} of {len(verdicts)}: {shares}", flush=True)


def main() -> None:
    random = Random(0)
    pool: list[Pair] = []
    for history in recordings():
        a, b = history.runs
        pool.append((a, b))
    spreads = [compare([a], [b]).estimate for a, b in pool]
    ratios = sorted(estimate.ratio for estimate in spreads if estimate is not None)
    low, middle, high = (ratios[int(q * (len(ratios) - 1))] for q in (0.05, 0.5, 0.95))
    print(f"pool of {len(pool)} recordings of torch against itself")
    print(f"ratio of the two: {low:.3f}, {middle:.3f}, {high:.3f} (5, 50, 95 %)")
    groups = [random.sample(pool, REPEATS) for _ in range(DRAWS)]
    apart = [pool[i : i + REPEATS] for i in range(0, len(pool) - REPEATS + 1, REPEATS)]
    for slow, what in ((False, "against itself"), (True, "5 % slower")):
        show(f"{what}, one repeat, every recording", [verdict([pair], slow) for pair in pool])
        show(f"{what}, {REPEATS} repeats, groups with none in common", [verdict(group, slow) for group in apart])
        show(f"{what}, {REPEATS} repeats, groups drawn from the pool", [verdict(group, slow) for group in groups])


if __name__ == "__main__":
    main()
