import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import builder
import pytest
from screens import SIZES, FakeRecording, begin, lanes_text, screen_of, shows, text, until
from textual.binding import Binding

from dlprof.session.overhead import Cost
from dlprof.session.records import DARK, Event, Probe, Run, Step, Turn
from dlprof.session.statistics import NotAvailable
from dlprof.tui.app import DlprofApp
from dlprof.tui.feed import Feed
from dlprof.tui.help_screen import HELP
from dlprof.tui.key_footer import KeyFooter
from dlprof.tui.lane_panel import lane_lines
from dlprof.tui.leave_dialog import LeaveDialog
from dlprof.tui.session_screen import SessionScreen
from dlprof.tui.stacks_screen import StacksScreen


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


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"steps": None, "duration_s": 60.0}, "  cpu  0.1/60 s"),
        ({"steps": 500, "duration_s": 60.0}, "  cpu  20/500 steps"),
        ({"steps": None, "duration_s": None}, "cpu"),
        ({"steps": "[b]", "duration_s": [6]}, "cpu"),
    ],
)
async def test_a_lane_says_how_far_it_is_until_it_is_over(tmp_path: Path, settings: dict[str, Any], said: str) -> None:
    path = tmp_path / "a.dlprof"
    writer = builder.new_writer(path, settings=settings)
    writer.add([*builder.beginning(), *builder.turn(0), *builder.turn(1)])
    torch_ends = Event(9 * builder.SECOND, 1, "status", {"status": "completed", "cause": None})
    writer.add([torch_ends])
    writer.finish(10 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: True), 20)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and shows(app, 10.0))
        await pilot.pause()
        over, going_on, _ = (lane.partition("\n")[0].rstrip() for lane in lanes_text(app))
        assert going_on.endswith(said)
        assert over.endswith("cpu")


async def test_quitting_asks_what_becomes_of_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    writer = begin(path)
    recording = FakeRecording(path)
    app = DlprofApp(Feed(path, recording.is_recording), 20, recording=recording)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, LeaveDialog))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, StacksScreen))
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, LeaveDialog))
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, LeaveDialog) and len(app.screen_stack) == 3)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        recording.stop()
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not app.is_running)
    writer.finish(builder.SECOND)


async def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("rubbish")
    app = DlprofApp(Feed(tmp_path / "a", lambda: False), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "not a dlprof session" in " ".join(text(app).split()))
        assert "no session to show" in text(app)


async def test_leaving_after_another_task_was_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    writer = begin(path)
    writer.add([Run(4, "torch", "torch", None, "default", "text-lstm", 0, "cpu", 32)])
    writer.add([Event(9 * builder.SECOND, 4, "status", {"status": "importing", "cause": None})])
    writer.finish(30 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("end")
        await until(pilot, lambda: "mnist-mlp [text-lstm]" in text(app))
        await pilot.press("t")
        await until(pilot, lambda: "[mnist-mlp] text-lstm" in text(app))
        await pilot.press("q")
    assert app.return_code == 0


@pytest.mark.parametrize("key", ["question_mark", "escape", "q"])
async def test_help_opens_scrolls_and_closes(tmp_path: Path, key: str) -> None:
    path = tmp_path / "a.dlprof"
    begin(path).finish(30 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("end", "question_mark")
        await until(pilot, lambda: "KEYS" in text(app))
        await pilot.press("end")
        await until(pilot, lambda: "gpu process: no driver (torch, tensorflow, keras)" in " ".join(text(app).split()))
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        assert app.is_running


async def test_the_footer_follows_the_keys_and_can_be_clicked(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    begin(path).finish(30 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "s Stacks" in text(app))
        at = text(app).splitlines()[-1].index("? Help")
        await pilot.hover(KeyFooter, offset=(at + 2, 0))
        await pilot.click(KeyFooter, offset=(at + 2, 0))
        await until(pilot, lambda: "KEYS" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "s Stacks" in text(app))
        await pilot.press("l")
        await until(pilot, lambda: "enter Go there" in text(app))
        await pilot.press("l")
        await until(pilot, lambda: "enter Go there" not in text(app))


def test_the_help_names_every_key() -> None:
    keys = {word for line in HELP.splitlines() for word in line.split()}
    for binding in SessionScreen.BINDINGS:
        assert isinstance(binding, Binding)
        for key in binding.key.split(","):
            shown = {"question_mark": "?", "left": "←", "right": "→", "plus": "+", "minus": "-"}.get(key, key)
            known = (
                shown in keys or key.startswith("shift+") or key.isdigit() or "square" in key or key == "equals_sign"
            )
            assert known, key


async def test_keys_fit_on_80_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    begin(path)
    app = DlprofApp(Feed(path, lambda: True), 20, recording=FakeRecording(path))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "n Next" in text(app))
        footer = "q Leave ? Help space Pause ←→ Seek s Stacks z Zoom l Log end End t Task n Next"
        assert footer in text(app)
        await pilot.press("space", "plus")
        await until(pilot, lambda: "PAUSED 2x" in text(app))


@pytest.mark.parametrize("size", SIZES)
async def test_a_session_without_an_end_says_so_and_its_lanes_too(tmp_path: Path, size: tuple[int, int]) -> None:
    path, recording = tmp_path / "a.dlprof", FakeRecording(tmp_path / "a.dlprof")
    writer = begin(path)
    writer.add([Event(9 * builder.SECOND, 1, "status", {"status": "completed", "cause": None})])
    writer.commit(9 * builder.SECOND)
    live = True
    app = DlprofApp(Feed(path, lambda: live), 20, recording=recording)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "LIVE" in text(app) and "n Next" in text(app))
        assert "unfinished" not in text(app)
        live = False
        await until(pilot, lambda: "unfinished: up to 9.0 s" in text(app))
        await until(pilot, lambda: "n Next" not in text(app))
        assert [line.splitlines()[1] for line in lanes_text(app)] == ["■ completed", "✗ unfinished", "✗ unfinished"]
        await pilot.press("space", "5")
        await until(pilot, lambda: shows(app, 4.5))
        assert all("unfinished" not in lane for lane in lanes_text(app))
        assert "unfinished: up to 9.0 s" in text(app)


async def test_a_session_that_another_host_has_not_finished_is_not_called_dead(tmp_path: Path) -> None:
    recorder = {"pid": 1, "host": "node-7", "start": "x"}
    writer = builder.new_writer(tmp_path / "a.dlprof", recorder=recorder)
    writer.add([*builder.beginning(), *builder.turn(0)])
    writer.commit(9 * builder.SECOND)
    app = DlprofApp(Feed(tmp_path / "a.dlprof", lambda: False), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "unfinished on node-7: up to 9.0 s" in text(app))
        assert "died" not in text(app)


@pytest.mark.parametrize(("size", "reasons"), [((80, 24), False), ((200, 60), True)])
async def test_gpu_of_a_cpu_lane_is_one_line_where_there_is_little_room(
    tmp_path: Path, size: tuple[int, int], reasons: bool
) -> None:
    path = tmp_path / "a.dlprof"
    writer = begin(path)
    writer.add([Event(9 * builder.SECOND, 1, "metrics", {"accuracy": 0.9, "f1": 0.75})])
    writer.finish(30 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("end")
        await until(pilot, lambda: shows(app, 30.0))
        await pilot.pause()
        assert ("gpu n/a (cpu)" in text(app)) is not reasons
        assert ("gpu device n/a: no driver" in text(app)) is reasons
        assert "acc 0.900 F1 0.750" in text(app)


async def test_estimates_are_named(tmp_path: Path) -> None:
    path, clocks = tmp_path / "a.dlprof", {"data": "host", "forward": "probe", "backward": "probe", "step": "host"}
    writer = builder.new_writer(path)
    run = Run(1, "keras@jax", "keras", "jax", "default", "mnist-mlp", 0, "cpu", 128)
    times = [(index, index * builder.SECOND // 10) for index in range(20)]
    steps = [Step(1, i, t, 2 * builder.MS, builder.MS // 10, None, None, None, 1.0, 0, i // 5) for i, t in times]
    probe = Probe(1, builder.SECOND, builder.MS // 2, 8 * builder.MS // 10)
    status = Event(0, 1, "status", {"status": "stepping", "cause": None})
    writer.add([run, status, Event(0, 1, "described", {"clocks": clocks}), *steps, probe])
    writer.finish(5 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("end")
        await until(pilot, lambda: "[mnist-mlp]" in text(app))
        await pilot.pause()
        assert "▚ opt+rest ~  0.600" in lanes_text(app)[0]
        assert "own cost n/a: too short" in text(app)
        view = screen_of(app).view
        assert view is not None
        narrow = [str(line) for line in lane_lines(view.lanes[0], 26, 19)]
        assert any(line.startswith("▚opt+~0.600") for line in narrow)
        cost = view.lanes[0].own_cost.stamps
        assert isinstance(cost, NotAvailable)
        own_cost = f"own cost n/a: {cost.reason.removeprefix('too short to say: ')}"
        assert own_cost in narrow
        assert narrow[2].startswith("▒█")
        tight = [str(line) for line in lane_lines(view.lanes[0], 26, 15)]
        assert own_cost in tight, "with little room the phases' bar goes first"
        assert tight[2].startswith("ms")


async def test_a_lane_shows_what_it_costs_and_what_disturbed_it(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    writer = begin(path)
    for index in range(3, 27):
        start = index * builder.SECOND
        for i in range(20):
            flags = DARK if 8 <= i < 14 else 0
            total = builder.MS if flags else 21 * builder.MS // 20
            writer.add([Step(1, 20 * index + i, start + i * builder.MS, total, 1, 1, 1, 1, 1.0, flags, index)])
        end = start + 25 * builder.MS
        others = 20 * builder.MS if index == 5 else 0
        writer.add([Turn(1, index, start, end, waited=True, sampled=index % 4 != 1, others_cpu_ns=others)])
    writer.finish(40 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=(200, 60)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("end")
        await until(pilot, lambda: "own cost" in text(app))
        await pilot.pause()
        lane = lanes_text(app)[0]
        assert re.search(r"own cost \+5\.\d ±0\.\d% 5\dus", lane), lane
        assert "cost of stacks n/a: too short to say: 3 of 8 blocks" in lane
        assert "1 of 27 turns disturbed" in lane
        assert "disturbed" not in lanes_text(app)[1]
        view = screen_of(app).view
        assert view is not None
        known = replace(view.lanes[0], own_cost=replace(view.lanes[0].own_cost, stacks=Cost(1.01, 1.005, 1.015)))
        for width, height, has_room in ((60, 36, True), (30, 36, True), (30, 18, False)):
            assert ("cost of stacks +1.0 ±0.5%" in map(str, lane_lines(known, width, height))) is has_room
        assert not any("cost of stacks" in str(line) for line in lane_lines(view.lanes[0], 30, 36)), "why not takes two"
        for height, is_beside in ((16, False), (15, True)):
            tight = [str(line) for line in lane_lines(view.lanes[0], 26, height)]
            assert any("own cost" in line for line in tight), "with little room, beside the status"
            assert (", 1/27" in tight[1], "1 of 27 turns disturbed" in tight) == (is_beside, not is_beside)


async def test_rows_on_the_screen_are_those_of_the_view(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    writer = begin(path)
    app = DlprofApp(Feed(path, lambda: True), 20)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: shows(app, 9.0))
        for index in range(3, 6):
            writer.add(builder.turn(index))
            writer.commit((3 * index + 4) * builder.SECOND)
            await until(pilot, lambda seconds=3.0 * index + 4: shows(app, seconds))
            await pilot.pause()
            for lane in lanes_text(app):
                for line in lane.splitlines():
                    assert line in text(app)
    writer.finish(30 * builder.SECOND)
