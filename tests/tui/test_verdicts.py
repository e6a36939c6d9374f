"""The line that names the faster lanes."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import builder
import numpy as np
import pytest
import simulation
from screens import begin, screen_of, shows, text, until

from dlprof.session.effects import Doubt
from dlprof.session.file import SessionReader
from dlprof.session.history import STEP_COLUMNS, RunHistory, SessionHistory, Steps
from dlprof.session.lane_verdicts import FIRST, INCONCLUSIVE, SAME, SECOND, Comparison, Estimate, lane_comparisons
from dlprof.session.records import Event, Turn
from dlprof.tui.app import DlprofApp
from dlprof.tui.feed import Feed
from dlprof.tui.session_screen import SessionScreen
from dlprof.tui.verdicts import Verdicts, verdict_line
from dlprof.tui.weighing import TURNS, weighed_until_ns


def said(verdict: str, ratio: float, *, assumed: bool = False) -> Comparison:
    return Comparison(verdict, None, Estimate(ratio, 0.97 * ratio, 1.03 * ratio, 3, 0.01, assumed))


def test_the_winner_stands_first_against_its_nearest_and_ratios_are_above_one() -> None:
    found = [
        ("torch", "tensorflow", said(SECOND, 0.8)),
        ("torch", "keras", said(FIRST, 1.1)),
        ("tensorflow", "keras", said(FIRST, 1.4)),
    ]
    assert verdict_line(found) == (
        "median step: tensorflow 1.25x faster than torch (1.21-1.29), 1.40x than keras (1.36-1.44); "
        "torch 1.10x faster than keras (1.07-1.13)"
    )


def test_what_is_undecided_is_not_named() -> None:
    unknown = ("torch", "keras", Comparison(INCONCLUSIVE, Doubt("fewer than 5 turns"), None))
    assert verdict_line([]) == verdict_line([unknown]) == ""
    assert verdict_line([unknown, ("a", "b", said(SAME, 1.0))]) == ""
    assert verdict_line([("a", "b", said(SAME, 1.0))]) == "a, b: same"
    assumed = verdict_line([unknown, ("a", "b", said(FIRST, 2.0, assumed=True))])
    assert assumed == "median step, 3 starts each: a 2.00x faster than b (1.94-2.06)"


def test_why_none_is_named_is_said_once_two_can_be_compared() -> None:
    disturbed = replace(
        said(INCONCLUSIVE, 1.6), doubt=Doubt("most turns of a were disturbed from outside", "6 of 9; record")
    )
    close = replace(said(INCONCLUSIVE, 1.0), doubt=Doubt("fewer than 3 repeats, and no large difference"))
    few = Comparison(INCONCLUSIVE, Doubt("fewer than 5 turns of both lanes to pair", "more"), None)
    assert verdict_line([("a", "b", disturbed), ("a", "c", disturbed), ("b", "c", close), ("a", "d", few)]) == (
        "no lane is named faster: most turns of a were disturbed from outside"
    )
    assert verdict_line([("a", "b", close), ("b", "c", said(SAME, 1.0))]) == (
        "no lane is named faster: fewer than 3 repeats, and no large difference"
    )
    assert "named" not in verdict_line([("a", "b", close), ("b", "c", said(FIRST, 2.0))])


def recorded(path: Path, turns: int) -> Path:
    writer = begin(path)
    for index in range(3, turns):
        writer.add(builder.turn(index))
    writer.finish(3 * turns * builder.SECOND)
    return path


def test_it_is_weighed_anew_only_when_turns_have_come(tmp_path: Path) -> None:
    history = SessionReader(recorded(tmp_path / "a.dlprof", 3 * TURNS)).history()
    verdicts, lines = Verdicts(), []
    for second in range(9 * TURNS):
        lines.append(verdicts.of(history.until(second * builder.SECOND), "mnist-mlp"))
    assert lines[0] == ""
    assert "1.99x than keras (" in lines[-1]
    changes = sum(before != after for before, after in pairwise(lines))
    assert 1 <= changes <= 3


def in_turns(run: RunHistory, place: int) -> RunHistory:
    """The run with its turns one after the other, `place` among two of the same index."""
    values = run.steps.values.copy()
    turns, totals = (values[:, STEP_COLUMNS.index(name)] for name in ("turn", "total_ns"))
    begins = (2 * turns + place) * builder.SECOND
    within = np.concatenate([np.cumsum(totals[turns == turn]) - totals[turns == turn] for turn in np.unique(turns)])
    values[:, STEP_COLUMNS.index("start_ns")] = begins + within
    records = [
        Turn(run.run.id, turn, (2 * turn + place) * builder.SECOND, (2 * turn + place + 1) * builder.SECOND, True)
        for turn in np.unique(turns).astype(int).tolist()
    ]
    stepping = Event(0, run.run.id, "status", {"status": "stepping"})
    return replace(run, steps=Steps(values), turns=records, events=(stepping,))


def test_going_back_and_forth_says_what_a_fresh_look_at_that_moment_does() -> None:
    lanes = simulation.two_lanes(np.random.default_rng(4), 1.4, 0.01, 1, turns=12 * TURNS)
    runs = tuple(in_turns(run, place) for place, (run,) in enumerate(lanes))
    history = SessionHistory({}, 24 * TURNS * builder.SECOND, False, runs)
    moments = [history.until(turns * builder.SECOND) for turns in (100, 190, 5, 60, 140, 40, 190)]
    verdicts = Verdicts()
    found = [verdicts.of(moment, "mnist-mlp") for moment in moments]
    assert found == [Verdicts().of(moment, "mnist-mlp") for moment in moments]
    for said, moment in zip(found, moments, strict=True):
        assert said == verdict_line(lane_comparisons(moment.until(weighed(moment)), "mnist-mlp"))
    assert len(set(found)) == 4


def weighed(moment: SessionHistory) -> int:
    return max(map(weighed_until_ns, moment.runs))


def test_too_few_turns_are_said_once_none_is_to_come() -> None:
    lanes = simulation.two_lanes(np.random.default_rng(4), 1.4, 0.01, 1, turns=2)
    going = tuple(in_turns(run, place) for place, (run,) in enumerate(lanes))
    over = tuple(replace(run, events=(Event(0, run.run.id, "status", {"status": "completed"}),)) for run in going)
    verdicts, end_ns = Verdicts(), 4 * builder.SECOND
    assert verdicts.of(SessionHistory({}, end_ns, False, going), "mnist-mlp") == ""
    said = verdicts.of(SessionHistory({}, end_ns, True, over), "mnist-mlp")
    assert said == "no lane is named faster: fewer than 3 turns of both lanes to pair"


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_the_screen_shows_it_once_it_can_be_said(tmp_path: Path, size: tuple[int, int]) -> None:
    path = recorded(tmp_path / "a.dlprof", 3 * TURNS)
    app = DlprofApp(Feed(path, lambda: False), 20)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("space", "1")
        await until(pilot, lambda: shows(app, 0.9 * TURNS))
        assert "faster than" not in text(app)
        assert not app.screen.query_one("#verdict").display
        await pilot.press("end")
        await until(pilot, lambda: screen_of(app).view is not None and "faster than" in text(app))
