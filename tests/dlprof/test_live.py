"""The options given, on the set-up screen and in the command that it shows."""

import argparse
from pathlib import Path

import pytest
from textual.widgets import Input

from dlprof.live import live_app, option_words
from dlprof.options import Misuse, recording_options
from dlprof.tui.check_list import CheckList


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    recording_options(parser)
    return parser.parse_args(words)


@pytest.fixture(autouse=True)
def own_sessions_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--lanes", "torch", "--tasks", "mnist-mlp", "--duration", "3s"],
        ["--seed", "4", "--workers", "2", "--data-mb", "0.5", "--batch-size", "64", "--no-overhead-check"],
        ["--python", "torch=/bin/python", "--python", "keras=/bin/python3", "--steps", "20", "--name", "a b"],
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


@pytest.mark.parametrize("words", [["--lanes", "torch,nope"], ["--tasks", "nope"], ["--device", "nope"]])
def test_misuse_is_refused_before_the_screen_opens(words: list[str]) -> None:
    with pytest.raises(Misuse, match="nope"):
        live_app(parsed(words))
