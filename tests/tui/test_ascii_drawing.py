from pathlib import Path

import builder
import pytest
from rich.cells import cell_len
from screens import begin, fake_setup, text, until

from dlprof.tui import drawing
from dlprof.tui.app import DlprofApp
from dlprof.tui.appearance import Appearance
from dlprof.tui.ascii_drawing import in_ascii, shows_ascii_only
from dlprof.tui.feed import Feed
from dlprof.tui.session_screen import SessionScreen


@pytest.mark.parametrize(
    ("environment", "encoding", "ascii_only"),
    [
        ({"LANG": "en_US.UTF-8", "TERM": "xterm"}, "utf-8", False),
        ({"TERM": "xterm", "LC_CTYPE": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8", "TERM": "xterm"}, "utf-8", True),
        ({"LANG": "C", "LC_ALL": "C.UTF-8", "TERM": "xterm"}, "utf-8", False),
        ({"LC_ALL": "C", "TERM": "xterm"}, "ANSI_X3.4-1968", True),
        ({"LANG": "de_DE.ISO-8859-1", "TERM": "xterm"}, "iso-8859-1", True),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, "utf-8", True),
    ],
)
def test_which_terminals_show_ascii_only(environment: dict[str, str], encoding: str, ascii_only: bool) -> None:
    assert shows_ascii_only(environment, encoding) is ascii_only


@pytest.mark.parametrize("text", ["█▓▒", "日本語 é ü", "a…b ± c", "".join(map(chr, range(0x2500, 0x2900)))])
def test_text_in_ascii_is_as_wide_as_it_was(text: str) -> None:
    assert in_ascii(text).isascii()
    assert cell_len(in_ascii(text)) == cell_len(text)


def test_phases_and_heights_can_be_told_apart() -> None:
    assert len({in_ascii(glyph) for glyph in drawing.PHASE_GLYPHS.values()}) == len(drawing.PHASE_GLYPHS)
    (line,) = drawing.braille([0.2, 0.2, 0.5, 0.5, 0.7, 0.7, 1, 1], 4, 1, 1.0)
    assert in_ascii(line) == ".:|#"


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_every_screen_is_ascii(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "a.dlprof"
    begin(path).finish(30 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20, Appearance(ascii_only=True))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        for keys in (["end"], ["question_mark"], ["question_mark", "s"], ["v"], ["q", "ctrl+p"]):
            await pilot.press(*keys)
            await pilot.pause()
            assert text(app).isascii()
    app = DlprofApp(fake_setup(path), 20, Appearance(ascii_only=True))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert text(app).isascii()
        assert "> [x] torch" in text(app)
        assert "< >" in text(app)
