"""Intervals and tables of the compare screen, as strings."""

import math
from dataclasses import replace

import pytest

from dlprof.session.compare.recording import Key
from dlprof.tui.compare_drawing import ASCII, UNICODE, Glyphs, Scale, bar_width, interval_bar, run_lines, scale_labels
from dlprof.tui.compare_screen import run_title
from dlprof.tui.compare_views import FormatView, Interval, RowView, RunView

SCALE = Scale(half=math.log(1.5), margin=math.log(1.1))


def interval(low: float, ratio: float, high: float) -> Interval:
    return Interval(math.log(low), math.log(ratio), math.log(high))


def row(label: str, verdict: str, sign: str, **changes: object) -> RowView:
    values = {"ratio": "1.200", "ends": "1.100-1.300", "interval": interval(1.1, 1.2, 1.3), "gates": False}
    shown = {"baseline": "1.000 ms", "candidate": "1.200 ms", "changed": sign in "!+", **values, **changes}
    return RowView(label=label, verdict=verdict, sign=sign, **shown)  # pyright: ignore[reportArgumentType]


def run(*rows: RowView) -> RunView:
    reasons, frames = ("data: " + "too short " * 20,), ("10% -> 30%, new  slow (train.py)",)
    return RunView(Key("task", "torch", "default"), rows, "", "", "1 and 1 recordings", reasons, frames, opening=())  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("glyphs", "shown", "bar"),
    [
        (UNICODE, None, "        ░░│░░        "),
        (UNICODE, (1.2, 1.3, 1.4), "        ░░│░░ ├─●─┤  "),
        (UNICODE, (0.98, 1.0, 1.02), "        ░░●░░        "),
        (UNICODE, (0.5, 0.7, 0.9), "◂●─────┤░░│░░        "),
        (UNICODE, (1.3, 1.7, 2.0), "        ░░│░░   ├───▸"),
        (UNICODE, (0.1, 1.0, 9.0), "◂─────────●─────────▸"),
        (UNICODE, (2.0, 2.1, 2.2), "        ░░│░░       ▸"),
        (ASCII, (1.2, 1.3, 1.4), "        ::|:: [-o-]  "),
        (ASCII, (0.1, 1.0, 9.0), "<---------o--------->"),
    ],
)
def test_an_interval_over_the_margin(glyphs: Glyphs, shown: tuple[float, float, float] | None, bar: str) -> None:
    found = interval_bar(interval(*shown) if shown else None, SCALE, 21, glyphs)
    assert found == bar
    assert len(found) == 21


def test_the_ends_of_the_scale_are_written_over_it() -> None:
    assert scale_labels(SCALE, 21) == "0.67      1      1.50"


@pytest.mark.parametrize("width", range(7, 62, 2))
@pytest.mark.parametrize("half", [0.01, math.log(1.5), 10.0, 40.0])
def test_a_bar_too_short_for_the_ends_of_its_scale_has_the_middle_alone(width: int, half: float) -> None:
    labels = scale_labels(Scale(half, margin=0.01), width)
    assert len(labels) == width
    assert labels[width // 2] == "1" or labels.strip() != "1"


@pytest.mark.parametrize("width", [78, 110, 150])
def test_a_format_has_its_rows_under_its_name(width: int) -> None:
    save = row("save", "no spread", " ", interval=None)
    shown = replace(run(row("step", "slower", "!")), formats=(FormatView("onnx", (save,), ("save: tried once",)),))
    lines = [str(line) for line in run_lines(shown, SCALE, width, UNICODE, changed_only=False)]
    assert all(len(line) <= width for line in lines)
    at = lines.index("deployed as onnx")
    assert lines[at + 1].startswith("  save ")
    assert lines[at + 1].endswith("no spread")
    assert lines[at + 2].strip() == "save: tried once"
    changed = [str(line) for line in run_lines(shown, SCALE, width, UNICODE, changed_only=True)]
    assert "deployed as onnx" not in changed


@pytest.mark.parametrize("width", [78, 79, 110, 150, 299])
def test_a_run_has_its_rows_in_the_width_there_is(width: int) -> None:
    shown = run(row("host before import", "inconclusive", "?"), row("step", "slower", "!", gates=True))
    lines = [str(line) for line in run_lines(shown, SCALE, width, UNICODE, changed_only=False)]
    assert all(len(line) <= width for line in lines)
    assert lines[2].startswith("* step ")
    assert lines[2].endswith("! slower")
    assert ("1.100-1.300" in lines[2]) is (width >= 110)
    one = lines[0].index("1.00", 50) if "1.00" in lines[0][50:] else lines[0].rindex(" 1 ") + 1
    assert lines[2][one] == "│"
    assert any("30%, new  slow" in line for line in lines)
    assert any("too short" in line for line in lines)


def test_only_rows_that_changed() -> None:
    shown = run(row("data", "same", "="), row("step", "slower", "!"))
    lines = [str(line) for line in run_lines(shown, SCALE, 80, UNICODE, changed_only=True)]
    assert not any("data" in line for line in lines)
    assert any("step" in line for line in lines)
    lines = [str(line) for line in run_lines(run(row("data", "same", "=")), SCALE, 80, UNICODE, changed_only=True)]
    assert "no row changed" in lines[1]


@pytest.mark.parametrize("width", range(60, 300, 7))
def test_a_bar_has_a_middle(width: int) -> None:
    assert bar_width(width) % 2 == 1
    assert 7 <= bar_width(width) <= 61


def test_the_title_of_a_run_leaves_room_for_what_it_comes_to() -> None:
    shown = replace(
        run(row("step", "slower", "!")),
        key=Key("mnist-mlp", "tensorflow", "default"),
        sign="!",
        headline="step slower, +10.0 %",
    )
    said = "mnist-mlp tensorflow   ! step slower, +10.0 %"
    assert run_title(shown, "1 of 3", 78, changed_only=False) == f"run 1 of 3: {said}"
    assert run_title(shown, "1 of 3", 78, changed_only=True) == f"run 1 of 3, rows that changed: {said}"
    assert run_title(shown, "1 of 3", 75, changed_only=True) == f"1 of 3, changed: {said}"
