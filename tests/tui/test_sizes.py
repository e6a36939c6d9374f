"""Many lanes, small terminals, and terminals that change their size."""

from pathlib import Path

import builder
import pytest
from rich.cells import cell_len
from screens import screen_of, shows, text, until

from dlprof.session.records import Event, Record, Run, Step
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


async def test_a_terminal_that_changes_its_size(app: DlprofApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 9.0))
        for width, height in ((300, 100), (80, 24), (120, 40), (40, 10), (300, 100)):
            await pilot.resize_terminal(width, height)
            await until(pilot, lambda width=width: cell_len(text(app).splitlines()[0]) == width)
            await until(pilot, lambda: "9.0 / 9.0 s" in text(app))
            assert len(text(app).splitlines()) == height
            assert screen_of(app).view is not None
        assert lanes_seen(app) == [*LANES]
        assert "step, 0 to" in text(app)
        assert "tensorflow:compiled" in text(app)
