"""How one figure is written."""

import pytest

from dlprof.session.figures import change, grouped, loss_figure, ratio_figure, times


@pytest.mark.parametrize(
    ("ratio", "in_a_column", "as_times", "as_change"),
    [
        (1.0, "1.000", "1.00x", "+0.0 %"),
        (1.048, "1.048", "1.05x", "+4.8 %"),
        (0.5, "0.500", "0.50x", "-50.0 %"),
        (2.94, "2.940", "2.94x", "2.94x"),
        (30.37, "30x", "30x", "30x"),
        (2937.0, "2,937x", "2,937x", "2,937x"),
        (0.0021, "0.0021", "0.00x", "-99.8 %"),
        (1e300, "over 1,000,000x", "over 1,000,000x", "over 1,000,000x"),
    ],
)
def test_a_ratio_of_any_size_can_be_read(ratio: float, in_a_column: str, as_times: str, as_change: str) -> None:
    assert (ratio_figure(ratio), times(ratio), change(ratio)) == (in_a_column, as_times, as_change)


def test_thousands_are_set_apart() -> None:
    assert [grouped(value) for value in (0, 999, 1000, 1234567.8)] == ["0", "999", "1,000", "1,234,568"]


def test_a_loss_of_any_size_can_be_read() -> None:
    said = [loss_figure(loss) for loss in (0.0, 0.6931, 12.5, 0.00031, -0.00004, 2.4e12, float("nan"))]
    assert said == ["0.0000", "0.6931", "12.5000", "3.1e-04", "-4.0e-05", "2.4e+12", "nan"]
