"""The recent sessions of the set-up screen: as strings, by key and by mouse."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from screens import FakeRecording, begin, fake_setup, recent_session, shows, text, until
from textual.pilot import Pilot

from dlprof.session.errors import SessionError
from dlprof.tui.app import DlprofApp
from dlprof.tui.contracts import RecentSession
from dlprof.tui.feed import Feed
from dlprof.tui.recent_list import length_text, recent_detail, recent_head, recent_line
from dlprof.tui.setup_screen import SetupScreen


@pytest.mark.parametrize("width", [40, 74, 120, 290])
def test_a_row_fits_and_stands_below_the_names_of_its_columns(width: int) -> None:
    session = recent_session(Path("a.dlprof"), fastest="torch fastest", tasks=("text-transformer", "mnist-mlp"))
    line, head = recent_line(session, width), recent_head(width)
    assert len(line) <= width
    if width >= 74:
        assert line.index("1m15s") == head.index("length")
        assert line.index("complete") == head.index("state")
        assert line.index("torch fastest") == head.index("fastest")


def test_names_that_do_not_fit_are_counted() -> None:
    session = recent_session(Path("a.dlprof"), tasks=("mnist-mlp", "text-lstm"), fastest="same")
    assert recent_line(session, 74) == "01-02 03:04 mnist-mlp +1  torch +2      1m15s  complete    same"
    assert "mnist-mlp text-lstm" in recent_line(session, 160)


def test_what_cannot_be_read_says_so_in_its_row() -> None:
    session = recent_session(Path("a.dlprof"), readable=False, state="a.dlprof is not a dlprof session")
    assert recent_line(session, 30) == "a.dlprof: a.dlprof is not a d…"
    assert "not a dlprof session" in recent_detail(session)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0s"), (45, "45s"), (200, "3m20s"), (7500, "2h05m"), (359_999, "99h59m"), (1e6, "277h")],
)
def test_lengths(seconds: float, words: str) -> None:
    assert length_text(seconds) == words


def rows(app: DlprofApp) -> list[str]:
    return [line for line in text(app).splitlines() if line[2:5] in ("[ ]", "[x]") and "2026-" in line]


async def listed(app: DlprofApp, pilot: Pilot[int], count: int) -> None:
    await until(pilot, lambda: isinstance(app.screen, SetupScreen) and len(rows(app)) == count)
    app.screen.query_one("#recent").focus()
    await until(pilot, lambda: any(line.startswith("›") for line in rows(app)))


def three(folder: Path) -> list[RecentSession]:
    """The newest first."""
    moments = ("2026-01-03T00:00", "2026-01-02T00:00", "2026-01-01T00:00")
    return [recent_session(folder / f"s{i}.dlprof", started_at=moment) for i, moment in enumerate(moments)]


async def test_the_screen_is_there_before_the_sessions_are_read(tmp_path: Path) -> None:
    read_on = threading.Event()

    def recent() -> Iterator[RecentSession]:
        assert read_on.wait(60)
        yield from three(tmp_path)
        yield replace(three(tmp_path)[1], fastest="torch fastest")

    app = DlprofApp(fake_setup(tmp_path, recent=recent), 20)
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "Recent sessions: none yet" in text(app))
        read_on.set()
        await listed(app, pilot, 3)
        await until(pilot, lambda: ["torch fastest" in row for row in rows(app)] == [False, True, False])


async def test_enter_watches_or_replays_and_q_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    begin(path)
    recording, opened = FakeRecording(path), list[Path]()

    def watched(path: Path) -> tuple[Feed, FakeRecording]:
        opened.append(path)
        return Feed(path, recording.is_recording), recording

    app = DlprofApp(fake_setup(path, recent=lambda: iter([recent_session(path)])), 20, opened=watched)
    async with app.run_test(size=(120, 40)) as pilot:
        await listed(app, pilot, 1)
        await pilot.press("enter")
        await until(pilot, lambda: shows(app, 9.0) and "LIVE" in text(app))
        await pilot.press("q")
        await until(pilot, lambda: "still running" in text(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        assert recording.told[-1] == "let go"
        assert opened == [path]


async def test_a_session_that_is_gone_or_unreadable_is_said(tmp_path: Path) -> None:
    def gone(path: Path) -> tuple[Feed, None]:
        raise SessionError(f"cannot read {path.name}: [gone]")

    broken = recent_session(tmp_path / "b.dlprof", readable=False, state="damaged 2026-")
    sessions = [recent_session(tmp_path / "a.dlprof"), broken]
    app = DlprofApp(fake_setup(tmp_path, recent=lambda: iter(sessions)), 20, opened=gone)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await listed(app, pilot, 2)
        await pilot.press("enter")
        await until(pilot, lambda: "cannot read a.dlprof: [gone]" in text(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: text(app).count("damaged 2026-") > 1)
        assert isinstance(app.screen, SetupScreen)


async def test_a_session_is_deleted_after_a_question(tmp_path: Path) -> None:
    deleted: list[Path] = []

    def delete(path: Path) -> None:
        if path.stem == "s2":
            raise SessionError("s2 is being recorded")
        deleted.append(path)

    sessions = three(tmp_path)
    app = DlprofApp(fake_setup(tmp_path, recent=lambda: iter(sessions), delete=delete), 20)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "01-03 00:00" in text(app))
        app.screen.query_one("#recent").focus()
        await pilot.press("down", "x")
        await until(pilot, lambda: "Delete s1 (1M)?" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        assert not deleted
        await pilot.press("delete")
        await until(pilot, lambda: "Delete s1" in text(app))
        sessions.pop(1)
        await pilot.press("d")
        await until(pilot, lambda: "01-02 00:00" not in text(app))
        assert deleted == [tmp_path / "s1.dlprof"]
        await pilot.press("x")
        await until(pilot, lambda: "Delete s2" in text(app))
        await pilot.click("#delete-it")
        await until(pilot, lambda: "s2 is being recorded" in text(app))
        assert "01-01 00:00" in text(app)


async def at(app: DlprofApp, pilot: Pilot[int], words: str, x: int, *, times: int = 1) -> None:
    """Click at column `x` of the row that has `words`."""
    y = next(y for y, line in enumerate(text(app).splitlines()) if words in line)
    await pilot.click(offset=(x, y), times=times)


async def test_a_mouse_marks_chooses_opens_and_compares(tmp_path: Path) -> None:
    begin(tmp_path / "s1.dlprof").finish(30 * 10**9)
    app = DlprofApp(fake_setup(tmp_path, recent=lambda: iter(three(tmp_path))), 20)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until(pilot, lambda: len(rows(app)) == 3)
        await at(app, pilot, "2026-01-03", 3)
        await until(pilot, lambda: [row[2:5] for row in rows(app)] == ["[x]", "[ ]", "[ ]"])
        await at(app, pilot, "2026-01-02", 30)
        await until(pilot, lambda: [row[0] for row in rows(app)] == [" ", "›", " "])
        await at(app, pilot, "c Compare", text(app).splitlines()[-1].index("Compare"))
        await until(pilot, lambda: "1 marked; two are compared" in text(app))
        await at(app, pilot, "2026-01-02", 30, times=2)
        await until(pilot, lambda: shows(app, 30.0) or "REPLAY" in text(app))


async def test_the_command_can_be_copied(tmp_path: Path) -> None:
    app = DlprofApp(fake_setup(tmp_path), 20)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "dlprof --record --lanes torch --duration None")
        await until(pilot, lambda: "Copied, if this terminal allows it" in text(app))
        app.copy_to_clipboard("")
        await pilot.click("#command")
        await until(pilot, lambda: app.clipboard.startswith("dlprof --record"))


async def test_keys_fit_on_80_columns(tmp_path: Path) -> None:
    app = DlprofApp(fake_setup(tmp_path), 20)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "y Copy" in text(app))
        assert "enter Start space Choose tab Next ^s Start y Copy q Quit ? Help" in text(app)
        await until(pilot, lambda: "[ ] 01-02" in text(app))
        app.screen.query_one("#recent").focus()
        keys = "enter Open space Mark c Compare x Delete tab Next ^s Start y Copy q Quit ? Help"
        await until(pilot, lambda: keys in text(app))
        await pilot.press("question_mark")
        await until(pilot, lambda: "RECENT SESSIONS" in text(app))
