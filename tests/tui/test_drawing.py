import pytest

from dlprof.tui.drawing import braille, milliseconds, phase_cells, rate, size, stretched, time_labels
from dlprof.tui.playhead import Playhead


@pytest.mark.parametrize(
    ("ns", "shown"),
    [(None, "    -"), (123_456, "0.123"), (12_345_678, "12.35"), (123_456_789, "123.5"), (1e10, "10000")],
)
def test_milliseconds(ns: float | None, shown: str) -> None:
    assert milliseconds(ns) == shown


def test_sizes_and_rates() -> None:
    assert [size(v).strip() for v in (None, 0, 12_288, 345 << 20, 3 << 29)] == ["-", "0B", "12K", "345M", "1.5G"]
    assert (rate(None), rate(1234567.8)) == ("-", "1,234,568")


def test_a_bar_is_as_long_as_its_step_whatever_its_phases_add_up_to() -> None:
    assert phase_cells([("data", 25.0), ("forward", 75.0)], 1.0, 20) == [("data", 5), ("forward", 15)]
    assert phase_cells([("data", 25.0), ("forward", 75.0)], 0.5, 20) == [("data", 2), ("forward", 8)]
    assert phase_cells([("data", 5.0), ("forward", None), ("other", 5.0)], 1.0, 20) == [
        ("data", 10),
        ("forward", 0),
        ("other", 10),
    ]
    assert phase_cells([("data", None)], 0.0, 20) == [("data", 0)]


def test_braille() -> None:
    assert braille([1, 2, 3, 4], 2, 1, 4) == ["⣠⣾"]
    assert braille([], 4, 2, 1) == ["", ""]
    assert braille([4, None, None, None, 4, 4], 3, 1, 4) == ["⡇ ⣿"]
    assert braille([8, 1], 1, 2, 4) == ["▲", "⣧"]


def test_plots_fill_their_width_by_powers_of_two() -> None:
    assert stretched([1, 3, 5, 7], 2) == [2, 6]
    assert stretched([1, None, None, None], 2) == [1, None]
    assert stretched([1, 2, 3], 13) == [1] * 4 + [2] * 4 + [3] * 4
    assert stretched([1, 2, 3, 4], 13) == [1, 1, 2, 2, 3, 3, 4, 4]
    assert time_labels(5.0, 1.0, 3, 20) == "5 s" + " " * 13 + "10 s"


def test_the_labels_of_an_axis_that_is_over_end_with_its_last_record() -> None:
    labels = time_labels(0.0, 2.0, 203, 63, 405.6)
    plot = braille([1.0] * 203, 63, 1, 1.0)[0]
    assert labels == "0 s" + " " * (len(plot) - 8) + "406 s"
    assert time_labels(5.0, 1.0, 1, 20, 5.6) == "5 s" + " " * 10 + "6 s"


def test_playhead() -> None:
    head = Playhead().at(0.0, 100)
    assert head.position_ns == 100
    head = head.seek(10).at(1.0, 10**10)
    assert head.position_ns > 10
    paused = head.toggled()
    assert paused.at(9.0, 10**10).position_ns == paused.position_ns
    assert head.faster(1).speed == 2.0
    assert head.to_end().at(2.0, 77).position_ns == 77
