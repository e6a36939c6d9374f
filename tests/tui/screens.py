"""What the tests of the screens share: waiting, the text of a screen, a session to show, a set-up without a machine."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import builder
from textual.pilot import Pilot

from dlprof.session.writer import SessionWriter
from dlprof.tui.app import DlprofApp
from dlprof.tui.contracts import Choice, LaneChoice, OptionChoice, RecentSession, Setup, TaskChoice
from dlprof.tui.lane_panel import LanePanel
from dlprof.tui.session_screen import SessionScreen


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


def recent_session(path: Path, **changed: Any) -> RecentSession:
    moment = "2026-01-02T03:04:05+00:00"
    lanes, tasks = ("torch", "tensorflow", "keras"), ("mnist-mlp",)
    session = RecentSession(path, path.stem, moment, tasks, lanes, 75.0, 1 << 20, "complete", "", readable=True)
    return replace(session, **changed)


def command_of(choice: Choice) -> str:
    options = "".join(f" --{name} {text}" for name, text in choice.options)
    return f"dlprof --record --lanes {','.join(choice.lanes)} --duration {choice.duration_s}{options}"


def fake_setup(path: Path, **changed: object) -> Setup:
    setup = Setup(
        lanes=(LaneChoice("torch", "2.0", None), LaneChoice("keras", None, "pip install 'dlprof[keras]'")),
        tasks=(TaskChoice("mnist-mlp", "digits"), TaskChoice("text-lstm", "text")),
        devices=("cpu",),
        options=(
            OptionChoice("workers", "Workers", "a lane", "0", ("0", "1", "2")),
            OptionChoice("note", "Note", "a remark", "none", ()),
        ),
        problem=lambda name, text: f"{text!r} is no number" if name == "workers" and not text.isdigit() else None,
        chosen=Choice(("torch", "keras"), ("mnist-mlp",), "auto"),
        recent=lambda: iter([recent_session(path)]),
        delete=lambda path: None,
        start=lambda choice: FakeRecording(path),
        command=command_of,
    )
    return replace(setup, **changed)


def lanes_text(app: DlprofApp) -> list[str]:
    return [str(panel.render()) for panel in app.screen.query(LanePanel)]


def begin(path: Path) -> SessionWriter:
    writer = builder.new_writer(path)
    writer.add(builder.beginning())
    for index in range(3):
        writer.add(builder.turn(index))
    writer.commit(9 * builder.SECOND)
    return writer
