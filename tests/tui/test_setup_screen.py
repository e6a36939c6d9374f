from dataclasses import replace
from pathlib import Path

import pytest
from screens import SIZES, FakeRecording, begin, fake_setup, shows, text, until

from dlprof.tui.app import DlprofApp
from dlprof.tui.contracts import CannotStart, Choice, TaskChoice
from dlprof.tui.setup_screen import SetupScreen, length_text, with_length


@pytest.mark.parametrize("size", SIZES)
async def test_from_set_up_to_leaving(tmp_path: Path, size: tuple[int, int]) -> None:
    path, chosen = tmp_path / "a.dlprof", []
    begin(path)
    recording = FakeRecording(path)

    def start(choice: Choice) -> FakeRecording:
        chosen.append(choice)
        return recording

    app = DlprofApp(fake_setup(path, start=start), 20)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        await pilot.pause()
        for words in ("pip install 'dlprof[keras]'", "--lanes torch", "Recent sessions", "[x] mnist-mlp", "q Quit"):
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


async def test_what_was_chosen_on_the_command_line_is_chosen_on_the_screen(tmp_path: Path) -> None:
    started: list[Choice] = []

    def start(choice: Choice) -> FakeRecording:
        if choice.device != "auto":
            raise CannotStart(f"unknown device {choice.device!r}")
        started.append(choice)
        return FakeRecording(tmp_path / "a.dlprof")

    chosen = Choice(("torch",), ("text-lstm",), "auto", 3.0)
    app = DlprofApp(fake_setup(tmp_path, chosen=chosen, start=start, recent=lambda: iter(())), 20)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "--duration 3.0" in text(app))
        assert "[ ] mnist-mlp" in text(app)
        assert "[x] text-lstm" in text(app)
        assert "› [x] torch" in text(app)
        assert "none yet" in text(app)
        await pilot.press("tab", "space")
        await until(pilot, lambda: "› [x] mnist-mlp" in text(app))
        assert "  [x] torch" in text(app)
        await pilot.press("tab", "q")
        await until(pilot, lambda: "Device    q" in text(app))
        assert "ctrl+q Quit" in text(app)
        await pilot.press("enter")
        await until(pilot, lambda: "unknown device 'q'" in " ".join(text(app).split()))
        await pilot.press("backspace", "tab", "x", "enter")
        await until(pilot, lambda: "! Length: '3sx' is no length" in text(app))
        await until(pilot, lambda: "! no recording with this length" in text(app))
        assert text(app).count("is no length") == 1
        await pilot.press("backspace", "enter")
        await until(pilot, lambda: bool(started))
    assert started == [replace(chosen, tasks=("mnist-mlp", "text-lstm"))]


async def test_options_are_chosen_by_keys_and_by_mouse(tmp_path: Path) -> None:
    started: list[Choice] = []

    def start(choice: Choice) -> FakeRecording:
        started.append(choice)
        raise CannotStart("not here")

    app = DlprofApp(fake_setup(tmp_path, start=start, recent=lambda: iter(())), 20)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "Workers" in text(app))
        await pilot.press("tab", "tab", "down", "right")  # device, length
        await until(pilot, lambda: "--duration 30" in text(app))
        await pilot.press("down", "left")  # workers: the last of those offered
        await until(pilot, lambda: "--workers 2" in text(app))
        await pilot.press("x")
        await until(pilot, lambda: "! Workers: '2x' is no number" in text(app) and "! Workers" in text(app))
        assert "--workers" not in text(app)
        await pilot.press("shift+tab", "enter")  # starting goes to what is wrong
        await until(pilot, lambda: app.focused is app.screen.query_one("#workers"))
        await until(pilot, lambda: "not started" in text(app))
        assert not started
        await pilot.click("#option-arrows", offset=(3, 2))  # in place of what was typed: the default
        await until(pilot, lambda: "--workers" not in text(app) and "! Workers" not in text(app))
        await pilot.click("#option-arrows", offset=(3, 2))
        await until(pilot, lambda: "--workers 1" in text(app))
        await pilot.click("#option-names", offset=(3, 3))
        await pilot.press("h", "i", "left", "o", "enter")  # nothing is offered: arrows move the cursor
        await until(pilot, lambda: bool(started))
    assert started == [Choice(("torch",), ("mnist-mlp",), "auto", 30.0, None, (("workers", "1"), ("note", "hoi")))]


async def test_lists_take_the_rows_that_are_free(tmp_path: Path) -> None:
    tasks = tuple(TaskChoice(f"task-{number}", "made") for number in range(9))
    app = DlprofApp(fake_setup(tmp_path, tasks=tasks, recent=lambda: iter(())), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "none yet" in text(app))
        assert "task-8" in text(app)


@pytest.mark.parametrize(
    ("words", "duration_s", "steps"),
    [("", None, None), ("30", 30.0, None), ("2m", 120.0, None), ("0.5s", 0.5, None), ("200 steps", None, 200)],
)
def test_lengths(words: str, duration_s: float | None, steps: int | None) -> None:
    empty = Choice((), (), "auto")
    length = with_length(empty, words)
    assert length is not None
    assert length == Choice((), (), "auto", duration_s, steps)
    assert with_length(empty, length_text(length)) == length


@pytest.mark.parametrize("words", ["0", "-1", "1 day", "nan", "0 steps", "9" * 400])
def test_what_is_no_length(words: str) -> None:
    assert with_length(Choice((), (), "auto"), words) is None


async def test_what_cannot_start_is_said_on_the_set_up_screen() -> None:
    def start(choice: Choice) -> FakeRecording:
        raise CannotStart("torch needs about 9.0 GB [of host memory]")

    app = DlprofApp(fake_setup(Path(), start=start), 20)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: "9.0 GB [of host memory]" in text(app))
        assert isinstance(app.screen, SetupScreen)
