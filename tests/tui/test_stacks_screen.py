from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import builder
import pytest
from screens import SIZES, begin, shows, text, until
from textual.binding import Binding
from textual.pilot import Pilot
from textual.widgets import Input

from dlprof.session.records import Frame, StackSegment, StackSpan
from dlprof.tui.app import DlprofApp
from dlprof.tui.feed import Feed
from dlprof.tui.flame_graph import FlameGraph
from dlprof.tui.help_texts import STACKS_HELP
from dlprof.tui.session_screen import SessionScreen
from dlprof.tui.stacks_screen import StacksScreen

SECOND = builder.SECOND
BACKWARD, FORWARD = Frame("backward", "torch/_tensor.py", 5), Frame("forward", "torch/nn/linear.py", 9)
GRAPH = Frame("__call__", "tensorflow/python/eager/polymorphic_function/polymorphic_function.py", 833)


def segment(run: int, t_ns: int, *frames: Frame, ns: int = SECOND) -> StackSegment:
    spans = (
        StackSpan(run, t_ns, ns, 1, True, (Frame("<module>", "main.py", 1), Frame("train", "loop.py", 7), *frames)),
    )
    return StackSegment(run, t_ns + ns, 20, ns, 0, None, spans)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """torch: 3 s of backward from 10 s on, then 1 s of forward at 20 s; tensorflow: a graph; keras as in `builder`."""
    path = tmp_path_factory.mktemp("stacks") / "a.dlprof"
    writer = begin(path)
    writer.add([segment(1, 10 * SECOND, BACKWARD, ns=3 * SECOND), segment(1, 20 * SECOND, FORWARD)])
    writer.add([segment(2, 15 * SECOND, GRAPH, ns=2 * SECOND)])
    writer.finish(30 * SECOND)
    return path


@asynccontextmanager
async def stacks(path: Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[tuple[Pilot[int], DlprofApp]]:
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 30.0))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, StacksScreen) and app.screen.view is not None)
        yield pilot, app


@pytest.mark.parametrize("size", SIZES)
async def test_the_tree_shows_shares_files_and_lines(path: Path, size: tuple[int, int]) -> None:
    async with stacks(path, size) as (pilot, app):
        await until(pilot, lambda: "backward" in text(app))
        shown = text(app)
        assert "torch  0.0 to 30.0 s  82 samples" in shown
        assert "phase [all]  forward 24%  backward 73%  not told 3%" in shown
        assert " 72.8%  72.8%      backward  " in shown
        assert "_tensor.py:5" in shown
        keys = "q Back ? Help v View l Lane b Beside p Phase / Search +- Time ,. Move a All"
        assert keys in shown
        await pilot.press("v", "b")
        await until(pilot, lambda: "torch | tensorflow  0.0 to 30.0 s" in text(app))
        assert " samples of the main thread " in text(app) or (size[0] == 80 and " samples " in text(app))
        assert keys in text(app)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))


async def test_the_screen_comes_back_as_it_was_left_and_in_another_theme(path: Path) -> None:
    async with stacks(path) as (pilot, app):
        await pilot.press("v", "l")
        await until(pilot, lambda: "tensorflow  0.0 to 30.0 s" in text(app) and bool(app.screen.query(FlameGraph)))
        before = app.screen.query_one("#header").rich_style
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        app.theme = "light"
        await pilot.press("space", "4")  # or time would go on
        await until(pilot, lambda: shows(app, 12.0))
        await pilot.press("s")
        await until(pilot, lambda: "tensorflow  0.0 to 12.0 s" in text(app))
        assert app.screen.query_one("#stack-flame").display
        assert app.screen.query_one("#header").rich_style != before
        app.install_screen(SessionScreen(Feed(path, lambda: False), 20), "another")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        app.push_screen("another")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 30.0))
        await pilot.press("s")
        await until(pilot, lambda: "torch  0.0 to 30.0 s" in text(app))
        assert not app.screen.query_one("#stack-flame").display


async def test_lanes_and_what_frames_do_not_tell(path: Path) -> None:
    async with stacks(path) as (pilot, app):
        await pilot.press("l")
        await until(pilot, lambda: "a step is one compiled program here" in text(app))
        assert "whole step 92%" in text(app)
        await pilot.press("l")
        await until(pilot, lambda: "mnist-mlp  keras " in text(app))
        assert "most frames do not tell" in text(app)
        await pilot.press("question_mark")
        await until(pilot, lambda: "KEYS" in text(app))
        await pilot.press("end")
        await until(pilot, lambda: "most frames do not tell" in text(app))
        await pilot.press("escape", "l", "b")
        await until(pilot, lambda: "torch | tensorflow" in text(app))
        assert "     72.8%        0.0%   -72.8      backward" in text(app)
        assert "      0.0%       91.7%   +91.7      __call__" in text(app)
        await pilot.press("b", "b")
        await until(pilot, lambda: "mnist-mlp  torch  " in text(app))


async def test_one_phase_alone(path: Path) -> None:
    async with stacks(path) as (pilot, app):
        await pilot.press("p")
        await until(pilot, lambda: "[forward] 24%" in text(app))
        assert "100.0% 100.0%    forward" in text(app)
        await pilot.press("p", "p", "p")
        await until(pilot, lambda: "[all]" in text(app))


async def test_a_stretch_of_time(path: Path) -> None:
    async with stacks(path) as (pilot, app):
        await pilot.press("plus")
        await until(pilot, lambda: "10.0 to 30.0 s" in text(app))
        await pilot.press("plus")
        await until(pilot, lambda: "20.0 to 30.0 s  20 samples" in text(app))
        assert "phase [all]  forward 100%" in text(app)
        await pilot.press("comma", "comma")
        await until(pilot, lambda: "10.0 to 20.0 s  60 samples" in text(app))
        await pilot.press("full_stop")
        await until(pilot, lambda: "15.0 to 25.0 s" in text(app))
        await pilot.press("a", "plus", "plus", "plus")
        await until(pilot, lambda: "no sample in this time" in text(app))
        await pilot.press("minus", "minus", "minus")
        await until(pilot, lambda: "0.0 to 30.0 s" in text(app))


async def test_calls_open_and_close(path: Path) -> None:
    async with stacks(path) as (pilot, app):
        await until(pilot, lambda: "backward" in text(app))
        await pilot.press("left")  # from `train`, the first that branches
        await until(pilot, lambda: "+ train" in text(app) and "_tensor.py" not in text(app))
        await pilot.press("right", "down")
        await until(pilot, lambda: "72.8%, own 72.8%   of 4.1 s sampled" in text(app))
        assert "backward  torch/_tensor.py:5" in text(app)
        await pilot.press("left")  # it calls nothing: to its caller, closed
        await until(pilot, lambda: "+ train" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "- train" in text(app))


async def test_a_flame_is_walked_and_widened(path: Path) -> None:
    async with stacks(path) as (pilot, app):
        await pilot.press("v")
        await until(pilot, lambda: "[backward" in text(app))
        assert "torch  under <module>" in text(app)
        await pilot.press("down", "right")
        await until(pilot, lambda: "forward  torch/nn/linear.py:9" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "[backward" not in text(app))
        await pilot.press("backspace")
        await until(pilot, lambda: "[backward" in text(app))
        await pilot.press("left")
        await until(pilot, lambda: "backward  torch/_tensor.py:5" in text(app))
        await pilot.press("up")
        await until(pilot, lambda: "train  loop.py:7" in text(app))
        await pilot.click("#stack-flame", offset=(5, 1))
        await until(pilot, lambda: "backward  torch/_tensor.py:5" in text(app))
        await pilot.press("b")
        await until(pilot, lambda: "[__call__" in text(app))
        assert [flame.display for flame in app.screen.query(FlameGraph)] == [True, True]


async def test_functions_and_search(path: Path) -> None:
    async with stacks(path) as (pilot, app):
        await pilot.press("v", "v")
        await until(pilot, lambda: "›  72.8%  72.8%  backward" in text(app))
        await pilot.press("slash", *"linear")
        await until(pilot, lambda: "*forward" in text(app))
        assert app.screen.query_one(Input).value == "linear"
        assert "search 'linear': 1 call, 24.3% of the time" in text(app)
        await pilot.press("enter")
        await until(pilot, lambda: "forward  torch/nn/linear.py:9" in text(app))
        await pilot.press("v", "slash", *["backspace"] * 6, *"torch", "enter")
        await until(pilot, lambda: "*backward" in text(app) and "*forward" in text(app))
        assert "backward  torch/_tensor.py:5" in text(app), "the hottest match is chosen"
        await pilot.press("n")
        await until(pilot, lambda: "forward  torch/nn/linear.py:9" in text(app))
        await pilot.press("N")
        await until(pilot, lambda: "backward  torch/_tensor.py:5" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "*backward" not in text(app))
        assert isinstance(app.screen, StacksScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))


async def test_new_segments_appear_and_the_choice_stays(tmp_path: Path) -> None:
    writer = begin(tmp_path / "a.dlprof")
    app = DlprofApp(Feed(tmp_path / "a.dlprof", lambda: True), 20)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: shows(app, 9.0))
        await pilot.press("s")
        await until(pilot, lambda: "2 samples" in text(app) and "train  loop.py:7" in text(app))
        writer.add([segment(1, 10 * SECOND, BACKWARD, ns=3 * SECOND)])
        writer.commit(14 * SECOND)
        await until(pilot, lambda: "0.0 to 14.0 s  62 samples" in text(app) and "backward" in text(app))
        assert "train  loop.py:7" in text(app)
        await pilot.press("q")
        await until(pilot, lambda: shows(app, 14.0))
    writer.finish(30 * SECOND)


async def test_nothing_is_painted_for_the_screen_below(tmp_path: Path) -> None:
    writer = begin(tmp_path / "a.dlprof")
    app = DlprofApp(Feed(tmp_path / "a.dlprof", lambda: True), 20)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: shows(app, 9.0))
        below = app.screen
        assert isinstance(below, SessionScreen)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, StacksScreen) and app.screen.view is not None)
        assert not below.is_current
        writer.commit(12 * SECOND)
        stacks_screen = app.screen
        assert isinstance(stacks_screen, StacksScreen)
        await until(pilot, lambda: (now := stacks_screen.moment()) is not None and now.playhead_ns == 12 * SECOND)
        assert below.view is not None
        assert below.view.seconds == 9.0
        await pilot.press("q")
        await until(pilot, lambda: shows(app, 12.0))
        assert below.is_current
    writer.finish(30 * SECOND)


def test_the_help_names_every_key_of_the_stacks() -> None:
    keys = {word for line in STACKS_HELP.splitlines() for word in line.split()}
    signs = {"question_mark": "?", "slash": "/", "plus": "+", "minus": "-", "comma": ",", "full_stop": "."}
    names = {**signs, "escape": "esc", "left": "←", "right": "→", "up": "↑", "down": "↓"}
    for binding in (*StacksScreen.BINDINGS, *FlameGraph.BINDINGS):
        assert isinstance(binding, Binding)
        for key in binding.key.split(","):
            assert names.get(key, key) in keys or key == "equals_sign", key
