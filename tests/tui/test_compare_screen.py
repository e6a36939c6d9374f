"""The compare screen: every key, on sessions made by the real writer."""

from pathlib import Path

import builder
import pytest
from made_sessions import made
from screens import SIZES, recent_session, screen_of, shows, text, until
from screens import fake_setup as setup
from textual.binding import Binding
from textual.widgets import Collapsible

from dlprof.session.compare import reading
from dlprof.tui.app import DlprofApp
from dlprof.tui.compare_feed import Sides, Source
from dlprof.tui.compare_screen import CompareScreen
from dlprof.tui.help_texts import COMPARE_HELP
from dlprof.tui.session_screen import SessionScreen
from dlprof.tui.setup_screen import SetupScreen


def source(path: str) -> Source:
    return Source(Path(path), Path(path).stem)


def sides(folder: Path, slower: float = 1.1) -> Sides:
    """Three recordings a side, made in turn; torch got slower."""
    before, after = (
        tuple(source(made(folder, n, factor, versions={"torch": version})) for n in numbers)
        for factor, numbers, version in ((1.0, (0, 2, 4), "2.0"), (slower, (1, 3, 5), "2.1"))
    )
    return Sides(before, after)


def compared(app: DlprofApp) -> bool:
    return isinstance(app.screen, CompareScreen) and app.screen.view is not None


def words(app: DlprofApp) -> str:
    return " ".join(text(app).split())


@pytest.mark.parametrize("size", [*SIZES, (300, 100)])
async def test_what_changed_is_told_run_by_run(tmp_path: Path, size: tuple[int, int]) -> None:
    app = DlprofApp(sides(tmp_path), 20)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: compared(app) and "run 1 of 3" in text(app))
        await pilot.pause()
        for said in (
            "regression (gate step; margin 3 %)",
            "baseline 00-1.0-128",
            "candidate 01-1.1-128",
            "1 difference",
            "mnist-mlp torch ! step slower, +10.0 %",
            "* step 2.0",
            "! slower",
            "= same",
            "● ratio",
        ):
            assert said in words(app), said
        assert ("! mnist-mlp torch step slower" in words(app)) is (size[0] >= 140)
        assert ("1.0-128, 02" in text(app)) or size[0] < 120
        await pilot.press("right")
        await until(pilot, lambda: "run 2 of 3: mnist-mlp tensorflow" in text(app))
        await pilot.press("left", "left")
        await until(pilot, lambda: "run 3 of 3: mnist-mlp keras" in text(app))


async def test_keys_fit_on_80_columns_and_are_in_the_help(tmp_path: Path) -> None:
    app = DlprofApp(sides(tmp_path), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: compared(app) and "c Candidate" in text(app))
        assert "←→ Run q Back ? Help f Filter d Differs s Swap b Baseline c Candidate" in words(app)
        await pilot.press("question_mark")
        await until(pilot, lambda: "swap: the candidate becomes the baseline" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: compared(app))
    said = {word for line in COMPARE_HELP.splitlines() for word in line.split()}
    for binding in CompareScreen.BINDINGS:
        assert isinstance(binding, Binding)
        names = {"question_mark": "?", "left": "←", "right": "→", "escape": "esc"}
        assert all(names.get(key, key) in said for key in binding.key.split(","))


async def test_only_rows_that_changed(tmp_path: Path) -> None:
    app = DlprofApp(sides(tmp_path), 20)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "* step" in text(app))
        await pilot.press("f")
        await until(pilot, lambda: "run 1 of 3, rows that changed: mnist-mlp torch" in text(app))
        assert "throughput" in text(app)
        assert "backward" not in text(app)
        await pilot.press("right")
        await until(pilot, lambda: "no row changed, as far as can be seen" in text(app))
        await pilot.press("f")
        await until(pilot, lambda: "backward" in text(app))


async def test_what_differs_can_be_shown_and_hidden(tmp_path: Path) -> None:
    app = DlprofApp(sides(tmp_path), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: compared(app) and "+ 1 difference" in text(app))
        assert "versions torch: 2.0 -> 2.1" not in text(app)
        await pilot.press("d")
        await until(pilot, lambda: "versions torch: 2.0 -> 2.1" in text(app))
        await pilot.press("d")
        await until(pilot, lambda: "versions torch" not in text(app))
        await pilot.click("#differs CollapsibleTitle")
        await until(pilot, lambda: not app.screen.query_one("#differs", Collapsible).collapsed)


async def test_sides_can_be_swapped_at_the_run_that_is_shown(tmp_path: Path) -> None:
    app = DlprofApp(sides(tmp_path), 20)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: compared(app) and "regression" in text(app))
        await pilot.press("s")
        await until(pilot, lambda: "step faster, -9.1 %" in text(app))
        assert "baseline 01-1.1-128" in words(app)
        await pilot.press("right", "s")
        await until(pilot, lambda: "regression" in text(app))
        assert "run 2 of 3" in text(app)


@pytest.mark.parametrize(("key", "slower"), [("b", False), ("c", True)])
async def test_either_session_is_opened_at_the_run(tmp_path: Path, key: str, slower: bool) -> None:
    app = DlprofApp(sides(tmp_path), 20)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: compared(app))
        await pilot.press(key)
        await until(pilot, lambda: shows(app, (22 * builder.SECOND + 40 * builder.MS) / 1e9))
        assert ("1.1" in screen_of(app).feed.path.name) is slower
        assert "[mnist-mlp]" in text(app)
        assert "PAUSED" in text(app)
        await pilot.press("q")
        await until(pilot, lambda: compared(app))
        await pilot.press("q")
    assert app.return_code == 0


async def test_what_is_refused_says_why_and_can_be_forced(tmp_path: Path) -> None:
    other = source(made(tmp_path, 1, 1.0, 64))
    app = DlprofApp(Sides((source(made(tmp_path, 0)),), (other,)), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "batch_size: 128 -> 64" in words(app))
        await until(pilot, lambda: "x Force" in text(app))
        assert "f Filter" not in text(app)
        await pilot.press("f", "right", "b", "d", "x")
        await until(pilot, lambda: compared(app))
        assert "x Force" not in text(app)
        await pilot.press("d")
        await until(pilot, lambda: "forced, the figures have no meaning" in words(app))


async def test_what_cannot_be_compared_says_why(tmp_path: Path) -> None:
    (tmp_path / "rubbish").write_text("rubbish")
    app = DlprofApp(Sides((source(made(tmp_path, 0)),), (Source(tmp_path / "rubbish", "rubbish"),)), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "not a dlprof session" in words(app))
        assert "x Force" not in text(app)
        await pilot.press("x", "escape")
    assert app.return_code == 0


async def test_two_marked_sessions_are_compared_the_older_one_first(tmp_path: Path) -> None:
    old, new = (Path(made(tmp_path, number)) for number in (1, 2))
    recent = [
        recent_session(new, started_at="2026-01-02T03:02:05+00:00"),
        recent_session(old, started_at="2026-01-02T03:01:05+00:00"),
    ]
    app = DlprofApp(setup(tmp_path, recent=lambda: iter(recent)), 20)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen) and "[ ] 2026" in text(app))
        app.screen.query_one("#recent").focus()
        await pilot.press("c")
        await until(pilot, lambda: "0 marked; two are compared" in text(app))
        await pilot.press("space", "down", "m")
        await until(pilot, lambda: text(app).count("[x] 2026") == 2)
        await pilot.press("c")
        await until(pilot, lambda: compared(app))
        assert f"baseline {old.stem} candidate {new.stem}" in words(app)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await pilot.press("q")
        await until(pilot, lambda: compared(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))


@pytest.mark.slow
async def test_large_sessions_are_read_in_processes_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGE_BYTES", 0)
    app = DlprofApp(Sides((source(made(tmp_path, 0)),), (source(made(tmp_path, 1, 1.1)),)), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "reading 00-1.0-128, 01-1.1-128" in text(app))
        await until(pilot, lambda: compared(app))
