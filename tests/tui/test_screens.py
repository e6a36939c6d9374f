import asyncio
from collections.abc import Callable
from pathlib import Path

import builder
import pytest
from textual.pilot import Pilot

from dlprof.session.records import Event, Run
from dlprof.session.writer import SessionWriter
from dlprof.tui.app import DlprofApp
from dlprof.tui.contracts import CannotStart, Choice, LaneChoice, RecentSession, Setup, TaskChoice
from dlprof.tui.feed import Feed
from dlprof.tui.lane_panel import LanePanel
from dlprof.tui.session_screen import SessionScreen
from dlprof.tui.setup_screen import SetupScreen

SIZES = [(80, 24), (120, 40), (200, 60)]


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.02)


def screen_of(app: DlprofApp) -> SessionScreen:
    assert isinstance(app.screen, SessionScreen)
    return app.screen


def shows(app: DlprofApp, seconds: float) -> bool:
    view = app.screen.view if isinstance(app.screen, SessionScreen) else None
    return view is not None and abs(view.seconds - seconds) < 0.001


def text(app: DlprofApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def lanes_text(app: DlprofApp) -> list[str]:
    return [str(panel.render()) for panel in app.screen.query(LanePanel)]


def begin(path: Path) -> SessionWriter:
    writer = builder.new_writer(path)
    writer.add(builder.beginning())
    for index in range(3):
        writer.add(builder.turn(index))
    writer.commit(9 * builder.SECOND)
    return writer


@pytest.mark.parametrize("size", SIZES)
async def test_a_replay_shows_what_the_live_screen_showed(tmp_path: Path, size: tuple[int, int]) -> None:
    path, live = tmp_path / "a.dlprof", True
    writer = begin(path)
    app = DlprofApp(Feed(path, lambda: live), 20)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: shows(app, 9.0))
        await pilot.pause()
        seen, view = lanes_text(app), screen_of(app).view
        live = False
    for index in range(3, 9):
        writer.add(builder.turn(index, name="later"))
    writer.finish(30 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("space", "3")  # three tenths of 30 s
        await until(pilot, lambda: shows(app, 9.0))
        await pilot.pause()
        assert screen_of(app).view == view
        assert lanes_text(app) == seen
        for word in ("torch", "tensorflow", "keras", "2.0", "samples/s", "loss", "host", "train"):
            assert word in text(app)
        assert "later" not in text(app)


async def test_keys_of_a_replay(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    begin(path).finish(30 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("space", "5")
        await until(pilot, lambda: shows(app, 15.0))
        await pilot.press("right", "right", "left", "shift+right")
        await until(pilot, lambda: shows(app, 26.0))
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 30.0))
        await pilot.press("home", "plus", "plus", "minus")
        await until(pilot, lambda: shows(app, 0.0) or screen_of(app).view is not None)
        await pilot.press("q")
    assert app.return_value is None


async def test_a_failed_lane_shows_its_cause_and_traceback(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    writer = begin(path)
    hostile = "Traceback\nValueError: \x1b]0;owned\x07[bold]no[/bold] markup [/]"
    writer.add([Event(8, 1, "error", {"type": "ValueError", "message": "no", "traceback": hostile})])
    writer.add([Event(9, 1, "status", {"status": "failed", "cause": "ValueError: no"})])
    writer.finish(10 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=(200, 60)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 10.0))
        await pilot.pause()
        assert "failed: ValueError: no" in text(app)
        assert "[bold]no[/bold] markup [/]" in text(app)
        assert "\x1b" not in text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_the_newest_repeat_of_each_lane_is_shown(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "a.dlprof"
    writer = builder.new_writer(path, settings={"lanes": ["torch", "tensorflow", "keras"], "repeat": 3})
    writer.add(builder.beginning())
    writer.add(builder.turn(0))
    writer.add([Run(4, "tensorflow", "tensorflow", None, "default", "mnist-mlp", 1, "cpu", 128)])
    writer.add([Event(9 * builder.SECOND, 4, "status", {"status": "importing", "cause": None})])
    writer.finish(10 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 10.0))
        await pilot.pause()
        titles = [lane.partition("\n")[0] for lane in lanes_text(app)]
        assert [title.split()[0] for title in titles] == ["torch", "tensorflow", "keras"]
        for title, repeat in zip(titles, ("1/3", "2/3", "1/3"), strict=True):
            assert f"repeat {repeat}" in title


async def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("rubbish")
    app = DlprofApp(Feed(tmp_path / "a", lambda: False), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "not a dlprof session" in " ".join(text(app).split()))
        assert "no session to show" in text(app)


class FakeRecording:
    """A recorder at the seam; the real one is tried in the recorder's tests."""

    def __init__(self, path: Path) -> None:
        self.path, self.told = path, [""]

    def is_recording(self) -> bool:
        return "stop" not in self.told

    def stop(self) -> None:
        self.told.append("stop")

    def next_task(self) -> None:
        self.told.append("next")

    def let_go(self) -> None:
        self.told.append("let go")

    def failure(self) -> str | None:
        return None


@pytest.mark.parametrize("size", SIZES)
async def test_from_set_up_to_leaving(tmp_path: Path, size: tuple[int, int]) -> None:
    path, chosen = tmp_path / "a.dlprof", []
    begin(path)
    recording = FakeRecording(path)

    def start(choice: Choice) -> FakeRecording:
        chosen.append(choice)
        return recording

    setup = Setup(
        lanes=(LaneChoice("torch", "2.0", None), LaneChoice("keras", None, "pip install 'dlprof[keras]'")),
        tasks=(TaskChoice("mnist-mlp", "digits"),),
        devices=("cpu",),
        recent=lambda: (RecentSession(path, "a recent session"),),
        start=start,
        command=lambda choice: f"dlprof --record --lanes {','.join(choice.lanes)}",
    )
    app = DlprofApp(setup, 20)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        await pilot.pause()
        for words in ("pip install 'dlprof[keras]'", "--lanes torch", "a recent session", "mnist-mlp"):
            assert words in text(app)
        await pilot.press("enter")
        await until(pilot, lambda: shows(app, 9.0))
        await pilot.press("n")
        await until(pilot, lambda: "next" in recording.told)
        await pilot.press("q")
        await until(pilot, lambda: "still running" in text(app))
        await pilot.press("escape", "q", "s")
        await until(pilot, lambda: "stop" in recording.told)
    assert chosen == [Choice(("torch",), ("mnist-mlp",), "auto", None)]


async def test_what_cannot_start_is_said_on_the_set_up_screen() -> None:
    def start(choice: Choice) -> FakeRecording:
        raise CannotStart("torch needs about 9.0 GB [of host memory]")

    setup = Setup(
        lanes=(LaneChoice("torch", "2.0", None),),
        tasks=(TaskChoice("mnist-mlp", "digits"),),
        devices=("cpu",),
        recent=lambda: (),
        start=start,
        command=lambda choice: "dlprof",
    )
    app = DlprofApp(setup, 20)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: "9.0 GB [of host memory]" in text(app))
        assert isinstance(app.screen, SetupScreen)
