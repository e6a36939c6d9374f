"""Many lanes, small terminals, and terminals that change their size."""

from pathlib import Path

import builder
import pytest
from rich.cells import cell_len
from screens import begin, lanes_text, screen_of, shows, text, until
from textual.widgets import Static

from dlprof.session.records import Event, Frame, Record, Run, StackSegment, StackSpan, Step
from dlprof.tui.app import DlprofApp
from dlprof.tui.feed import Feed
from dlprof.tui.lane_panel import LanePanel

LANES = ("torch", "tensorflow", "keras", "keras@torch", "keras@jax", "torch:compiled", "tensorflow:compiled")


@pytest.fixture
def app(tmp_path: Path) -> DlprofApp:
    writer = builder.new_writer(tmp_path / "a.dlprof")
    records: list[Record] = []
    for number, lane in enumerate(LANES, 1):
        records += [
            Run(number, lane, lane, None, "default", "mnist-mlp", 0, "cpu", 128),
            Event(2, number, "status", {"status": "stepping", "cause": None}),
            *(Step(number, i, (number * 100 + i) * builder.MS, builder.MS, 1, 1, 1, 1, 1.0, 0, 0) for i in range(50)),
        ]
    writer.add(records)
    writer.finish(9 * builder.SECOND)
    return DlprofApp(Feed(tmp_path / "a.dlprof", lambda: False), 20)


def lanes_seen(app: DlprofApp) -> list[str]:
    """The lanes that stand wholly on the screen."""
    panels = [panel for panel in app.screen.query(LanePanel) if app.screen.region.contains_region(panel.region)]
    return [panel.view.lane for panel in panels if panel.view is not None]


async def test_lanes_that_do_not_fit_are_scrolled_to(app: DlprofApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 9.0))
        seen = [lanes_seen(app)]
        assert seen[0] == ["torch", "tensorflow", "keras"]
        for _ in LANES[3:]:
            before = lanes_seen(app)
            await pilot.press("right_square_bracket")
            await until(pilot, lambda before=before: lanes_seen(app) != before)
            seen.append(lanes_seen(app))
        assert seen[-1] == [*LANES[-3:]]
        assert dict.fromkeys(lane for some in seen for lane in some) == dict.fromkeys(LANES)
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: lanes_seen(app) == [*LANES[-4:-1]])


async def test_a_terminal_that_is_too_small_says_what_is_needed_until_it_is_larger(app: DlprofApp) -> None:
    async with app.run_test(size=(60, 15)) as pilot:
        await until(pilot, lambda: "60x15: dlprof needs 80x24" in text(app))
        assert [*filter(str.strip, text(app).splitlines())] == [text(app).splitlines()[0]]
        await pilot.resize_terminal(79, 50)
        await until(pilot, lambda: "79x50: dlprof needs 80x24" in text(app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "9.0 s" in text(app) and "needs" not in text(app))
        await pilot.press("question_mark")
        await until(pilot, lambda: "close this help" in text(app))
        await pilot.resize_terminal(80, 23)
        await until(pilot, lambda: "80x23: dlprof needs 80x24" in text(app))
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: "close this help" in text(app))
        await pilot.press("q", "end")
        await until(pilot, lambda: shows(app, 9.0))


async def test_plots_of_lanes_stand_at_one_height(tmp_path: Path) -> None:
    path = tmp_path / "uneven.dlprof"
    writer = begin(path)
    frames = tuple(Frame(f"f{depth}", "a.py", depth) for depth in range(1))
    spans = tuple(
        StackSpan(1, i * builder.SECOND, builder.SECOND, 1, True, (*frames, Frame(f"g{i}", "b.py", i)))
        for i in range(1, 7)
    )
    writer.add([StackSegment(1, 8 * builder.SECOND, 10, 6 * builder.SECOND, 0, None, spans)])
    writer.finish(9 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=(200, 60)) as pilot:
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 9.0) and "step, 0 to" in text(app))
        rows = [
            [y for y, line in enumerate(panel) if ", 0 to" in line] for panel in map(str.splitlines, lanes_text(app))
        ]
        assert len(rows[0]) == 3
        assert rows == [rows[0]] * 3
        ends = [len(panel.splitlines()) for panel in lanes_text(app)]
        assert len({*ends}) > 1, "the lanes have stacks of different length"


def shown_events(app: DlprofApp) -> list[str]:
    return str(app.screen.query_one("#events", Static).content).splitlines()


async def test_a_terminal_that_changes_its_size(app: DlprofApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 9.0))
        for width, height in ((300, 100), (80, 24), (120, 40), (300, 100)):
            await pilot.resize_terminal(width, height)
            await until(pilot, lambda width=width: cell_len(text(app).splitlines()[0]) == width)
            await until(pilot, lambda: "9.0 / 9.0 s" in text(app))
            assert len(text(app).splitlines()) == height
            view = screen_of(app).view
            assert view is not None
            events = view.events[-4 if height >= 40 else -1 :]
            await until(pilot, lambda events=events: shown_events(app) == [*events])
        assert lanes_seen(app) == [*LANES]
        assert "step, 0 to" in text(app)
        assert "tensorflow:compiled" in text(app)
