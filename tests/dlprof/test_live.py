"""The options given, on the set-up screen and in the command that it shows."""

import argparse
from pathlib import Path

import pytest
from screens import text, until
from textual.widgets import Input

from dlprof.control import RecorderProcess
from dlprof.lanes import KNOWN_LANES
from dlprof.live import live_app
from dlprof.option_words import FIELDS, field_problem, field_texts, field_values, given, option_words
from dlprof.options import Misuse, chosen_tasks, recording_options, viewer_options
from dlprof.remembered import remember, remembered_choice, state_file
from dlprof.tui.app import DlprofApp
from dlprof.tui.check_list import CheckList
from dlprof.tui.contracts import Choice, OptionChoice
from dlprof.tui.session_screen import SessionScreen
from dlprof.tui.setup_screen import SetupScreen
from dlprof.workloads.tasks import TASKS


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


def set_fields(fields: dict[str | None, str]) -> dict[str | None, str]:
    return {name: value for name, value in fields.items() if value}


@pytest.mark.parametrize("option", FIELDS, ids=lambda option: option.name)
def test_what_a_field_offers_is_understood_and_its_default_changes_nothing(option: OptionChoice) -> None:
    defaults = field_values([])
    for value in option.offered[1:]:
        assert field_problem(option.name, value) is None
        options = argparse.Namespace(**{**vars(parsed([])), **field_values([(option.name, value)])})
        assert field_texts(options) == {option.name: value}
        assert field_values(field_texts(options).items()) != defaults


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("workers", "-1", "'-1' is not a whole number from 0 to 256"),
        ("schedule", "twice", "invalid choice: 'twice'"),
        ("deploy", "perhaps", "'perhaps' is neither 'no' nor 'yes'"),
        ("data", "nope", "'nope': no such data set or file; there are: synthetic, mnist"),
        ("data-mb", "all", "'all' is not a number"),
        ("name", "../a", "is a path, not a name"),
    ],
)
def test_what_a_field_cannot_say_has_a_reason(name: str, text: str, why: str) -> None:
    problem = field_problem(name, text)
    assert problem is not None
    assert why in problem
    assert "\n" not in problem


async def test_the_set_up_screen_shows_the_options_given() -> None:
    app = live_app(parsed(["--lanes", "torch", "--tasks", "text-lstm", "--device", "cpu", "--steps", "20"]))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        lists = {of.id: of.chosen for of in app.screen.query(CheckList)}
        fields = {of.id: of.value for of in app.screen.query(Input)}
    assert lists == {"lanes-list": ("torch",), "tasks-list": ("text-lstm",)}
    assert set_fields(fields) == {"device": "cpu", "length": "20 steps"}


def test_two_tasks_are_the_default_and_all_but_large_ones_are_trained_on_request() -> None:
    assert chosen_tasks(parsed([])) == ("mnist-mlp", "text-lstm")
    assert chosen_tasks(parsed(["--tasks", "all"])) == tuple(name for name in TASKS if not TASKS[name].large)
    assert chosen_tasks(parsed(["--tasks", "bert-base,resnet50"])) == ("bert-base", "resnet50")


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


async def test_options_given_are_set_in_their_fields_and_data_that_do_not_fit_are_said() -> None:
    app = live_app(parsed(["--workers", "2", "--deploy", "--name", "a b", "--lanes", "torch", "--tasks", "text-lstm"]))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "--workers 2 --deploy --name 'a b'" in " ".join(text(app).split()))
        fields = {of.id: of.value for of in app.screen.query(Input)}
        assert set_fields(fields) == {"workers": "2", "deploy": "yes", "name": "a b"}
        app.screen.query_one("#data", Input).value = "mnist"
        await until(pilot, lambda: "! --data mnist does not fit the task text-lstm" in " ".join(text(app).split()))


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
        return {**chosen, **{str(of.id): of.value for of in app.screen.query(Input) if of.value}}


async def test_the_choice_of_the_last_time_is_there_again_unless_another_is_asked_for() -> None:
    options = (("workers", "2"), ("data", "/gone.npz"), ("nope", "1"), ("seed", "x"))
    remember(state_file(), Choice(("torch", "gone"), ("text-gru", "gone"), "cuda:99", 40.0, None, options))
    assert await last_time(live_app(parsed([]))) == {
        "lanes-list": ("torch",),
        "tasks-list": ("text-gru",),
        "length": "40s",
        "workers": "2",
    }
    asked = await last_time(live_app(parsed(["--tasks", "mnist-mlp", "--lanes", "torch", "--steps", "9"])))
    chosen = {"lanes-list": ("torch",), "tasks-list": ("mnist-mlp",)}
    assert asked == {**chosen, "length": "9 steps", "workers": "2"}


async def test_a_default_that_is_asked_for_is_not_replaced_by_what_was_last() -> None:
    remember(state_file(), Choice(("torch",), ("mnist-mlp",), "cpu", None, 9, (("workers", "2"), ("seed", "7"))))
    words = ["--workers", "0", "--device", "auto", "--lanes", "torch"]
    assert given([*words, "--theme", "light", "--python", "torch=x"]) == {"workers", "device", "lanes", "python"}
    shown = await last_time(live_app(parsed(words), given(words)))
    assert {name: shown.get(name, "") for name in ("workers", "device", "seed", "length")} == {
        "workers": "",
        "device": "",
        "seed": "7",
        "length": "9 steps",
    }


async def test_what_is_started_is_remembered() -> None:
    words = ["--lanes", "torch", "--tasks", "mnist-mlp", "--device", "cpu", "--steps", "5", "--workers", "1"]
    words += ["--name", "once"]
    app = live_app(parsed(words))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        screen = app.screen
        assert isinstance(screen, SessionScreen)
        assert isinstance(screen.recording, RecorderProcess)
        screen.recording.interrupt()
    assert remembered_choice(state_file()) == Choice(("torch",), ("mnist-mlp",), "cpu", None, 5, (("workers", "1"),))
