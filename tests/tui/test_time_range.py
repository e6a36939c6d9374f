from dlprof.tui.time_range import SECOND_NS, TimeRange

NOW = 100 * SECOND_NS


def seconds(span: TimeRange, playhead_ns: int = NOW) -> tuple[float, float]:
    start, end = span.bounds(playhead_ns)
    return start / SECOND_NS, end / SECOND_NS


def test_all_goes_along_with_the_playhead() -> None:
    assert seconds(TimeRange()) == (0, 100)
    assert seconds(TimeRange(), 2 * NOW) == (0, 200)


def test_shorter_and_longer_keep_the_end() -> None:
    shorter = TimeRange().shorter(NOW)
    assert seconds(shorter) == (40, 100)
    assert seconds(shorter.shorter(NOW)) == (70, 100)
    assert shorter.longer(NOW) == TimeRange()
    shortest = TimeRange(SECOND_NS)
    assert shortest.shorter(NOW) == shortest


def test_moved_by_halves_and_back_to_the_playhead() -> None:
    before = TimeRange(20 * SECOND_NS).moved(-1, NOW)
    assert seconds(before) == (70, 90)
    assert seconds(before, 2 * NOW) == (70, 90), "it no longer goes along"
    assert before.moved(1, NOW) == TimeRange(20 * SECOND_NS)
    assert seconds(TimeRange(20 * SECOND_NS).moved(-100, NOW)) == (0, 20)
