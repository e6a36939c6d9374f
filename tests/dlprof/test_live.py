import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import SelectionList

from dlprof.lanes import KNOWN_LANES
from dlprof.live import live_app
from dlprof.options import Misuse, recording_options
from dlprof.tui.app import DlprofApp
from dlprof.tui.setup_screen import SetupScreen


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    recording_options(parser)
    return parser.parse_args(words)


def text(app: DlprofApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.02)


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


async def test_all_known_lanes_can_be_reached_on_a_small_screen() -> None:
    app = live_app(options())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        lanes = app.screen.query_one("#lanes-list", SelectionList)
        assert lanes.option_count == len(KNOWN_LANES)
        assert set(lanes.selected) <= {"torch", "tensorflow", "keras"}
        assert "Recent sessions" in text(app)
        assert "▐X▌ torch:compiled" not in text(app)
        await pilot.press("end")
        await until(pilot, lambda: str(KNOWN_LANES[-1]) in text(app))


async def test_lanes_asked_for_are_chosen() -> None:
    app = live_app(options("--lanes", "mine=torch,torch"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        lanes = app.screen.query_one("#lanes-list", SelectionList)
        assert lanes.option_count == len(KNOWN_LANES) + 1
        assert set(lanes.selected) <= {"mine=torch", "torch"}
        assert lanes.get_option_at_index(0).value == "mine=torch"
    with pytest.raises(Misuse, match="caffe"):
        live_app(options("--lanes", "caffe"))


async def test_what_cannot_be_recorded_is_said_and_can_be_mended() -> None:
    app = live_app(options("--schedule", "sequential", "--repeat", "2"))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: "--schedule sequential --repeat 2" in " ".join(text(app).split()))
        await pilot.press("enter")
        await until(pilot, lambda: "needs an end" in " ".join(text(app).split()))
        assert isinstance(app.screen, SetupScreen)
