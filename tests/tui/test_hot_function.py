"""A lane whose hot function is known, recorded by the real recorder and py-spy."""

from pathlib import Path

import pytest
from made_lanes import interpreter_with_lanes, record
from screens import text, until

from dlprof.profilers.recorder.plan import LanePlan, Plan, TaskPlan
from dlprof.session.call_tree import call_tree
from dlprof.session.file import SessionReader
from dlprof.session.stacks import time_in_stacks
from dlprof.tui.app import DlprofApp
from dlprof.tui.feed import Feed
from dlprof.tui.session_screen import SessionScreen
from dlprof.tui.stacks_screen import StacksScreen

pytestmark = pytest.mark.slow
SAMPLING = 0.15
"""What a share may be off by: of some 100 samples, as few as a busy machine takes, more than three deviations."""


async def test_the_hot_function_is_named_first(tmp_path: Path) -> None:
    path, python = tmp_path / "a.dlprof", interpreter_with_lanes(tmp_path)
    lanes = (LanePlan("hot", "torch", "hot", python, "cpu"),)
    record(Plan(str(path), "hot", lanes, (TaskPlan("none", 1),), duration_s=6.0, stacks_hz=50, overhead_check=False))
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("end", "s", "v", "v", "slash", *"hot_", "enter")
        await until(pilot, lambda: "*hot_function  hot.py:" in text(app))
        assert isinstance(app.screen, StacksScreen)
        view = app.screen.view
        assert view is not None
        totals = {each.name: each.ns / view.root.ns for each in view.functions}
    (run,) = SessionReader(path).history().runs
    forward, total = (run.steps.column(f"{name}_ns").sum() for name in ("forward", "total"))
    assert forward / total > 0.6, "three quarters, as lanes/hot.py has it, but for what others took"
    assert totals["hot_function"] == pytest.approx(forward / total, abs=SAMPLING)
    step = call_tree(time_in_stacks(run.segments, 0, 1 << 62))
    while len(step.calls) == 1:
        step = step.calls[0]
    assert step.calls[0].name == "hot_function", "the hottest of what the step calls"
