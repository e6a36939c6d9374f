import time

from dlprof.profilers.agent.accuracy import AccuracyCheck


def test_looks_are_rare_and_end_with_the_target() -> None:
    accuracies = iter([0.5, 0.95])

    def measure() -> float:
        until = time.perf_counter_ns() + 2_000_000
        while time.perf_counter_ns() < until:
            pass
        return next(accuracies)

    check = AccuracyCheck(0.9, measure)
    assert check.look(0, 0) is None  # nothing is trained yet
    first = check.look(16, 1_000_000)
    assert first is not None
    assert (first["accuracy"], first["steps"], first["stepping_ns"]) == (0.5, 16, 1_000_000)
    assert check.look(17, 1_000_000 + 9 * first["took_ns"]) is None
    second = check.look(18, 1_000_000 + 10 * first["took_ns"])
    assert second is not None and second["accuracy"] == 0.95
    assert check.look(900, 10**12) is None
