from dataclasses import replace
from pathlib import Path

import builder
import pytest
from screens import begin, screen_of, text, until
from textual.binding import Binding
from textual.screen import Screen

from dlprof.tui.app import DlprofApp
from dlprof.tui.appearance import Appearance
from dlprof.tui.compare_screen import CompareScreen
from dlprof.tui.feed import Feed
from dlprof.tui.keymap import action_names, checked_keymap, own_keys
from dlprof.tui.session_screen import SessionScreen
from dlprof.tui.setup_screen import SetupScreen
from dlprof.tui.stacks_screen import StacksScreen

SCREENS = (SetupScreen, SessionScreen, StacksScreen, CompareScreen)
SETTINGS_PAGE = Path(__file__).parents[2] / "docs" / "viewer.md"


def test_every_action_stands_in_the_documentation() -> None:
    page = SETTINGS_PAGE.read_text()
    assert [name for name in action_names() if f"`{name}`" not in page] == []


@pytest.mark.parametrize("screen", SCREENS)
def test_keys_as_they_are_without_settings_are_nobody_s_own(screen: type[Screen[None]]) -> None:
    bindings = [binding for binding in screen.BINDINGS if isinstance(binding, Binding)]
    one_by_one = [replace(binding, key=key) for binding in bindings for key in binding.key.split(",")]
    assert one_by_one
    assert own_keys(one_by_one) == []


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ("p", "p"),
        ("ctrl+p", "ctrl+p"),
        ("f2, shift+f3", "f2,shift+f3"),
        ("@", "at"),
        ("exclamation_mark", "exclamation_mark"),
        ("alt+#", "alt+number_sign"),
        ("space", "space"),
    ],
)
def test_keys_that_there_are(keys: str, named: str) -> None:
    assert checked_keymap({"session.pause": keys}) == {"session.pause": named}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"session.sing": "p"}, ("keys.session.sing", "docs/viewer.md")),
        ({"session.pause": 3}, ("keys.session.pause", "3")),
        ({"session.pause": "spacebar"}, ("keys.session.pause", "'spacebar'", "space")),
        ({"session.pause": "hold+p"}, ("keys.session.pause", "'hold+p'")),
        ({"session.pause": ""}, ("keys.session.pause", "''")),
        ({"session.pause": "+"}, ("'plus'", "session.speed_1")),
        ({"session.pause": "?"}, ("'question_mark'", "session.help")),
        ({"session.pause": "q"}, ("keys.session.pause", "'q'", "session.leave")),
        ({"session.leave": "f2", "session.pause": "f2"}, ("'f2'", "session.leave", "session.pause")),
    ],
)
def test_keys_that_cannot_be(keys: dict[str, object], words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="keys") as refused:
        checked_keymap(keys)
    assert all(word in str(refused.value) for word in words)


def test_two_actions_can_change_places() -> None:
    assert len(checked_keymap({"session.leave": "t", "session.task": "q"})) == 2


async def test_the_palette_has_each_action_once_with_its_own_keys(tmp_path: Path) -> None:
    begin(tmp_path / "a.dlprof").finish(30 * builder.SECOND)
    app = DlprofApp(Feed(tmp_path / "a.dlprof", lambda: False), 20)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        offered = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Go 1 s back (←)", "Go 1 s forward (→)", "Replay faster (+ =)", "Leave (q)"} <= {*offered}
        assert "Quit" not in offered, "Textual's own, which would not ask what becomes of a recording"
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, StacksScreen))
        offered = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Back (q esc)", "A shorter stretch of time (+ =)", "An earlier stretch of time (,)"} <= {*offered}
        said = [title.rpartition(" (")[0] for title in offered if title.endswith(")")]
        assert len(said) == len({*said})


async def test_own_keys_work_and_stand_in_footer_help_and_palette(tmp_path: Path) -> None:
    begin(tmp_path / "a.dlprof").finish(30 * builder.SECOND)
    keymap = checked_keymap({"session.pause": "p", "session.leave": "f9"})
    app = DlprofApp(Feed(tmp_path / "a.dlprof", lambda: False), 20, Appearance(keymap=keymap))
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await until(pilot, lambda: all(word in text(app) for word in ("f9 Leave", "? Help", "p Pause")))
        await pilot.press("space", "p")
        await until(pilot, lambda: "PAUSED" in text(app))
        await pilot.press("question_mark")
        await until(pilot, lambda: "YOUR KEYS" in text(app))
        assert "f9        Leave" in text(app)
        shown = text(app)
        assert "p         pause, go on" in shown
        assert "f9        leave; a recording" in shown
        assert "space     pause" not in shown
        await pilot.press("question_mark", "ctrl+p")
        await until(pilot, lambda: "Go to the end and follow it" in text(app))
        await pilot.press(*"pause", "enter")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and "REPLAY" in text(app))
        assert screen_of(app).is_current
        await pilot.press("q", "f9")
    assert app.return_code == 0
