from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import builder
import pytest
from screens import SIZES, begin, lanes_text, screen_of, shows, text, until
from textual.pilot import Pilot

from dlprof.session.records import Event, Run, Step
from dlprof.tui.app import DlprofApp
from dlprof.tui.event_log import EventLog
from dlprof.tui.feed import Feed
from dlprof.tui.playhead import Playhead
from dlprof.tui.plots import MOST_BUCKETS, PAGES, TimeAxis, held, zoomed_axis
from dlprof.tui.session_screen import SessionScreen
from dlprof.tui.timeline import timeline

SECOND, MS = builder.SECOND, builder.MS


def test_the_line_of_time() -> None:
    assert timeline(5 * SECOND, 10 * SECOND, None, 32) == "─────●────    5.0 / 10.0 s"
    assert timeline(9 * SECOND, 10 * SECOND, (6 * SECOND, 9 * SECOND), 32) == "──────━━━●    9.0 / 10.0 s"
    assert timeline(0, 0, None, 0) == "●─────────    0.0 / 0.0 s"


def test_a_zoomed_axis_goes_along_by_pages() -> None:
    assert zoomed_axis(25 * SECOND, 10 * SECOND) == TimeAxis(15.0, 1 / 16, 160)
    assert zoomed_axis(26 * SECOND, 10 * SECOND) == zoomed_axis(27 * SECOND, 10 * SECOND)
    for end in range(1, 4000, 7):
        axis = zoomed_axis(end * SECOND, 60 * SECOND)
        assert axis.buckets <= MOST_BUCKETS
        assert axis.origin_s <= end <= axis.origin_s + 60
        assert axis.origin_s + 60 - end <= 60 / PAGES or axis.origin_s == 0.0


def test_levels_are_held_over_gaps() -> None:
    assert held((None, 1.0, None, None, 2.0, None)) == (None, 1.0, 1.0, 1.0, 2.0, None)
    assert held(()) == ()


def test_a_stopped_playhead_stays() -> None:
    stopped = Playhead(clock_s=0.0).stopped_at(7)
    assert stopped.at(100.0, 1000).position_ns == 7
    assert replace(stopped, clock_s=100.0).to_end().at(101.0, 1000).position_ns == 1000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The slowest step ends at 20.05 s, warm-up of torch is over at 12 s, keras fails at 25 s."""
    path = tmp_path_factory.mktemp("timeline") / "a.dlprof"
    writer = begin(path)
    writer.add([Step(1, 60, 20 * SECOND, 50 * MS, 1, 1, 1, 1, 1.0, 0, 3)])
    writer.add([Event(12 * SECOND, 1, "status", {"status": "ready", "cause": None})])
    writer.add([Event(25 * SECOND, 3, "status", {"status": "failed", "cause": "ValueError: no"})])
    writer.finish(30 * SECOND)
    return path


@asynccontextmanager
async def replay(path: Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[tuple[Pilot[int], DlprofApp]]:
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 30.0))
        yield pilot, app


async def test_keys_go_to_the_slowest_step_and_to_the_memory_peak(path: Path) -> None:
    async with replay(path) as (pilot, app):
        await pilot.press("w")
        await until(pilot, lambda: shows(app, 20.05))
        await until(pilot, lambda: "number 60: 50.00 ms (host)" in text(app) and "PAUSED" in text(app))
        await pilot.press("w")
        await until(pilot, lambda: "keras: its slowest step" in text(app))
        await pilot.press("m")
        await until(pilot, lambda: "its most resident host memory" in text(app))
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 30.0) and "h host g in-graph" in text(app))


async def test_keys_go_from_event_to_event(path: Path) -> None:
    async with replay(path) as (pilot, app):
        await pilot.press("E")
        await until(pilot, lambda: shows(app, 25.0))
        await pilot.press("E")
        await until(pilot, lambda: shows(app, 12.0))
        await pilot.press("e")
        await until(pilot, lambda: shows(app, 25.0))
        await pilot.press("e")
        await until(pilot, lambda: [each.message for each in app._notifications] == ["no event after this moment"])
        assert shows(app, 25.0)


@pytest.mark.parametrize("size", SIZES)
async def test_the_log_shows_all_events_and_goes_to_one(path: Path, size: tuple[int, int]) -> None:
    async with replay(path, size) as (pilot, app):
        assert not app.screen.query_one(EventLog).display
        await pilot.press("l")
        await until(pilot, lambda: "›    25.0s ! mnist-mlp keras failed: ValueError: no" in text(app))
        assert "     12.0s   mnist-mlp torch warm-up over" in text(app)
        await pilot.press("up", "enter")
        await until(pilot, lambda: shows(app, 12.0))
        await pilot.press("right")
        await until(pilot, lambda: shows(app, 13.0))
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 30.0) and "›    25.0s" in text(app))
        await pilot.press("home")
        await until(pilot, lambda: not shows(app, 30.0))
        await pilot.press("l")
        await until(pilot, lambda: "›" not in text(app))
        await pilot.press("l")
        await until(pilot, lambda: "›" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "›" not in text(app))


async def test_zoomed_plots_show_a_stretch(path: Path) -> None:
    async with replay(path, (120, 50)) as (pilot, app):
        await until(pilot, lambda: "1 s " in lanes_text(app)[0])
        await pilot.press("w", "z", "z", "z")
        await until(pilot, lambda: "16.25 s " in lanes_text(app)[0])
        view = screen_of(app).view
        assert view is not None
        assert view.lanes[0].axis == zoomed_axis(20 * SECOND + 50 * MS, 5 * SECOND)
        assert "━" in text(app)
        await pilot.press("s")
        await until(pilot, lambda: " to 20.1 s" in text(app))
        await pilot.press("q", "Z", "Z", "Z")
        await until(pilot, lambda: "1 s " in lanes_text(app)[0])
        assert "━" not in text(app)


async def test_the_past_of_a_recording_is_scrubbed_while_it_goes_on(tmp_path: Path) -> None:
    writer = begin(tmp_path / "a.dlprof")
    app = DlprofApp(Feed(tmp_path / "a.dlprof", lambda: True), 20)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: shows(app, 9.0) and "LIVE" in text(app))
        await pilot.press("w")
        await until(pilot, lambda: "PAUSED" in text(app))
        assert (view := screen_of(app).view) is not None
        writer.commit(20 * SECOND)
        await until(pilot, lambda: "/ 20.0 s" in text(app))
        assert shows(app, view.seconds)
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 20.0) and "LIVE" in text(app))
    writer.finish(30 * SECOND)


@pytest.mark.parametrize(("size", "words"), [((80, 24), "importing"), ((200, 60), "importing: the framework")])
async def test_a_start_is_shown_as_progress(tmp_path: Path, size: tuple[int, int], words: str) -> None:
    writer = builder.new_writer(tmp_path / "a.dlprof")
    writer.add([Run(1, "torch", "torch", None, "default", "mnist-mlp", 0, "cpu", 128)])
    for t, status in ((1, "starting"), (2, "importing")):
        writer.add([Event(t * SECOND, 1, "status", {"status": status, "cause": None})])
    writer.commit(5 * SECOND)
    app = DlprofApp(Feed(tmp_path / "a.dlprof", lambda: True), 20)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: f">   3.0 s  {words}" in text(app))
        assert "+   1.0 s  starting" in text(app)
        assert "=   4.0 s  so far" in text(app)
        writer.commit(8 * SECOND)
        await until(pilot, lambda: f">   6.0 s  {words}" in text(app))
    writer.finish(30 * SECOND)
