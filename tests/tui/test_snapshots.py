"""Each screen as a picture at three sizes, on sessions of fixed times that stand still.

A change of a picture is either a fault or meant: look at the report that pytest names, then `--snapshot-update`.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import builder
import pytest
from made_sessions import made
from screens import SIZES, begin, fake_setup, recent_session, shows, text, until
from textual.pilot import Pilot

from dlprof.session.records import Event
from dlprof.tui.app import DlprofApp
from dlprof.tui.compare_feed import Sides, Source
from dlprof.tui.event_log import EventLog
from dlprof.tui.feed import Feed
from dlprof.tui.stacks_screen import StacksScreen

SnapCompare = Callable[..., bool]
Arrange = Callable[[Pilot[int], DlprofApp], Awaitable[None]]

pytestmark = pytest.mark.parametrize("size", SIZES, ids=lambda size: "{}x{}".format(*size))


def still(app: DlprofApp, size: tuple[int, int], snap_compare: SnapCompare, arrange: Arrange) -> bool:
    """Whether `app`, once `arrange` has brought it where it shall be, looks as it did."""

    async def run_before(pilot: Pilot[int]) -> None:
        await arrange(pilot, app)
        await pilot.pause()

    return snap_compare(app, terminal_size=size, run_before=run_before)


def replayed(folder: Path, *, failed: bool = False) -> DlprofApp:
    path = folder / "evening.dlprof"
    writer = begin(path)
    if failed:
        writer.add([Event(8, 1, "error", {"type": "ValueError", "message": "no", "traceback": "Traceback\nno"})])
        writer.add([Event(9, 1, "status", {"status": "failed", "cause": "ValueError: no"})])
    writer.finish(10 * builder.SECOND)
    return DlprofApp(Feed(path, lambda: False), 20)


async def at_the_end(pilot: Pilot[int], app: DlprofApp) -> None:
    await until(pilot, lambda: "torch" in text(app))
    await pilot.press("end")
    await until(pilot, lambda: shows(app, 10.0))


def test_set_up(tmp_path: Path, size: tuple[int, int], snap_compare: SnapCompare) -> None:
    recent = [recent_session(tmp_path / f"{name}.dlprof") for name in ("evening", "noon", "morning")]
    app = DlprofApp(fake_setup(tmp_path / "evening.dlprof", recent=lambda: iter(recent)), 20)

    async def listed(pilot: Pilot[int], app: DlprofApp) -> None:
        await until(pilot, lambda: "morning" in text(app) or "evening" in text(app))

    assert still(app, size, snap_compare, listed)


def test_session(tmp_path: Path, size: tuple[int, int], snap_compare: SnapCompare) -> None:
    assert still(replayed(tmp_path), size, snap_compare, at_the_end)


def test_session_with_a_failed_lane(tmp_path: Path, size: tuple[int, int], snap_compare: SnapCompare) -> None:
    assert still(replayed(tmp_path, failed=True), size, snap_compare, at_the_end)


def test_help(tmp_path: Path, size: tuple[int, int], snap_compare: SnapCompare) -> None:
    async def helped(pilot: Pilot[int], app: DlprofApp) -> None:
        await at_the_end(pilot, app)
        await pilot.press("question_mark")
        await until(pilot, lambda: "close this help" in text(app))

    assert still(replayed(tmp_path), size, snap_compare, helped)


@pytest.mark.parametrize("views", range(3), ids=("tree", "flame", "functions"))
def test_stacks(tmp_path: Path, size: tuple[int, int], snap_compare: SnapCompare, views: int) -> None:
    async def opened(pilot: Pilot[int], app: DlprofApp) -> None:
        await at_the_end(pilot, app)
        await pilot.press("s", *("v" for _ in range(views)))
        await until(pilot, lambda: isinstance(app.screen, StacksScreen) and app.screen.view is not None)

    assert still(replayed(tmp_path), size, snap_compare, opened)


def test_events(tmp_path: Path, size: tuple[int, int], snap_compare: SnapCompare) -> None:
    async def opened(pilot: Pilot[int], app: DlprofApp) -> None:
        await at_the_end(pilot, app)
        await pilot.press("l")
        await until(pilot, lambda: app.screen.query_one(EventLog).display)

    assert still(replayed(tmp_path, failed=True), size, snap_compare, opened)


def test_compare(tmp_path: Path, size: tuple[int, int], snap_compare: SnapCompare) -> None:
    before, after = (
        tuple(Source(path, path.stem) for path in (Path(made(tmp_path, n, factor)) for n in numbers))
        for factor, numbers in ((1.0, (0, 2, 4)), (1.1, (1, 3, 5)))
    )

    async def compared(pilot: Pilot[int], app: DlprofApp) -> None:
        await until(pilot, lambda: "regression" in text(app))

    assert still(DlprofApp(Sides(before, after), 20), size, snap_compare, compared)
