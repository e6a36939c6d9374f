"""The options given, on the set-up screen and in the command that it shows."""

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from dlprof.control import RecorderProcess
from dlprof.lanes import KNOWN_LANES
from dlprof.live import live_app, option_words
from dlprof.options import Misuse, chosen_tasks, recording_options, viewer_options
from dlprof.remembered import remember, remembered_choice, state_file
from dlprof.tui.app import DlprofApp
from dlprof.tui.check_list import CheckList
from dlprof.tui.contracts import Choice
from dlprof.tui.session_screen import SessionScreen
from dlprof.tui.setup_screen import SetupScreen
from dlprof.workloads.tasks import TASKS


def text(app: DlprofApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.02)


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    recording_options(parser)
    viewer_options(parser, default=None)
    return parser.parse_args(words)


@pytest.fixture(autouse=True)
def own_sessions_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--lanes", "torch", "--tasks", "mnist-mlp", "--duration", "3s"],
        [
            "--seed",
            "4",
            "--target-accuracy",
            "97.5%",
            "--workers",
            "2",
            "--data-mb",
            "0.5",
            "--batch-size",
            "64",
            "--no-overhead-check",
        ],
        ["--schedule", "sequential", "--repeat", "3", "--lanes", "a=torch,keras@jax"],
        ["--python", "torch=/bin/python", "--python", "keras=/bin/python3", "--steps", "20", "--name", "a b"],
        ["--note", "what changed: 'nothing'", "--lanes", "torch"],
    ],
)
def test_a_command_says_the_same_as_its_options(words: list[str]) -> None:
    options = parsed(words)
    assert parsed(option_words(options)) == options
    assert sorted(option_words(options)) == sorted(words)


async def test_the_set_up_screen_shows_the_options_given() -> None:
    app = live_app(parsed(["--lanes", "torch", "--tasks", "text-lstm", "--device", "cpu", "--steps", "20"]))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        lists = {of.id: of.chosen for of in app.screen.query(CheckList)}
        fields = {of.id: of.value for of in app.screen.query(Input)}
    assert lists == {"lanes-list": ("torch",), "tasks-list": ("text-lstm",)}
    assert fields == {"device": "cpu", "length": "20 steps"}


def test_two_tasks_are_the_default_and_all_but_large_ones_are_trained_on_request() -> None:
    assert chosen_tasks(parsed([])) == ("mnist-mlp", "text-lstm")
    assert chosen_tasks(parsed(["--tasks", "all"])) == tuple(name for name in TASKS if not TASKS[name].large)
    assert chosen_tasks(parsed(["--tasks", "bert-base"])) == ("bert-base",)


@pytest.mark.parametrize("words", [["--lanes", "torch,nope"], ["--tasks", "nope"], ["--device", "nope"]])
def test_misuse_is_refused_before_the_screen_opens(words: list[str]) -> None:
    with pytest.raises(Misuse, match="nope"):
        live_app(parsed(words))


async def test_all_known_lanes_can_be_reached_on_a_small_screen() -> None:
    app = live_app(parsed([]))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        lanes = app.screen.query_one("#lanes-list", CheckList)
        assert lanes.option_count == len(KNOWN_LANES)
        assert set(lanes.chosen) <= {"torch", "tensorflow", "keras"}
        assert "Recent sessions" in text(app)
        assert "[ ] torch:compiled" in text(app)
        await pilot.press("end")
        await until(pilot, lambda: str(KNOWN_LANES[-1]) in text(app))


async def test_lanes_asked_for_are_chosen() -> None:
    app = live_app(parsed(["--lanes", "mine=torch,torch"]))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        lanes = app.screen.query_one("#lanes-list", CheckList)
        assert lanes.option_count == len(KNOWN_LANES) + 1
        assert set(lanes.chosen) <= {"mine=torch", "torch"}
        assert lanes.chosen[0] == "mine=torch"


async def test_what_cannot_be_recorded_is_said_and_can_be_mended() -> None:
    app = live_app(parsed(["--schedule", "sequential", "--repeat", "2"]))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: "--repeat 2 --schedule sequential" in " ".join(text(app).split()))
        await pilot.press("enter")
        await until(pilot, lambda: "needs an end" in " ".join(text(app).split()))
        assert isinstance(app.screen, SetupScreen)
        assert remembered_choice(state_file()) is None


async def last_time(app: DlprofApp) -> dict[str, object]:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        chosen = {str(of.id): of.chosen for of in app.screen.query(CheckList)}
        return {**chosen, **{str(of.id): of.value for of in app.screen.query(Input)}}


async def test_the_choice_of_the_last_time_is_there_again_unless_another_is_asked_for() -> None:
    remember(state_file(), Choice(("torch", "gone"), ("text-gru", "gone"), "cuda:99", 40.0))
    assert await last_time(live_app(parsed([]))) == {
        "lanes-list": ("torch",),
        "tasks-list": ("text-gru",),
        "device": "auto",
        "length": "40s",
    }
    asked = await last_time(live_app(parsed(["--tasks", "mnist-mlp", "--lanes", "torch", "--steps", "9"])))
    assert asked == {"lanes-list": ("torch",), "tasks-list": ("mnist-mlp",), "device": "auto", "length": "9 steps"}


async def test_what_is_started_is_remembered() -> None:
    words = ["--lanes", "torch", "--tasks", "mnist-mlp", "--device", "cpu", "--steps", "5"]
    app = live_app(parsed(words))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        screen = app.screen
        assert isinstance(screen, SessionScreen)
        assert isinstance(screen.recording, RecorderProcess)
        screen.recording.interrupt()
    assert remembered_choice(state_file()) == Choice(("torch",), ("mnist-mlp",), "cpu", None, 5)
