"""Whether what the screens show can be read in every theme: the contrast of each text with what is behind it."""

from pathlib import Path

import builder
import pytest
from rich.color import Color
from rich.style import Style
from screens import begin, fake_setup, until
from textual.filter import ANSIToTruecolor, DimFilter

from dlprof.session.records import Event
from dlprof.tui.app import DlprofApp
from dlprof.tui.appearance import Appearance
from dlprof.tui.feed import Feed
from dlprof.tui.session_screen import SessionScreen
from dlprof.tui.themes import OWN_THEMES, described_theme

LEGIBLE = {"dark": 3.0, "light": 3.0, "high-contrast": 7.0}
"""WCAG 2.2: 3 for what is large or bold or stands beside words that say the same, 7 for its strictest level."""


def luminance(color: Color) -> float:
    """WCAG's relative luminance."""
    parts = [part / 255 for part in color.get_truecolor()]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(style: Style) -> float:
    assert style.color is not None
    assert style.bgcolor is not None
    low, high = sorted(luminance(color) for color in (style.color, style.bgcolor))
    return (high + 0.05) / (low + 0.05)


def weakest(app: DlprofApp, where: str = "") -> tuple[float, str]:
    """The least contrast of any text on the screen, or in one part of it, and that text."""
    part = app.screen.query_one(where).region if where else app.screen.region
    theme = app.ansi_theme
    filters = [ANSIToTruecolor(theme), DimFilter()]
    behind = app.screen.background_colors[1]
    found = []
    for whole in app.screen._compositor.render_strips()[part.y : part.bottom]:
        strip = whole.crop(part.x, part.right)
        for each in filters:
            strip = strip.apply_filter(each, behind)
        found += [
            (contrast(segment.style), segment.text)
            for segment in strip
            if any(map(str.isalnum, segment.text)) and segment.style and segment.style.color and segment.style.bgcolor
        ]
    return min(found)


@pytest.mark.parametrize("theme", [theme.name for theme in OWN_THEMES])
async def test_every_text_can_be_read(tmp_path: Path, theme: str) -> None:
    path = tmp_path / "a.dlprof"
    writer = begin(path)
    writer.add([Event(9, 1, "status", {"status": "failed", "cause": "ValueError: no"})])
    writer.finish(30 * builder.SECOND)
    app = DlprofApp(Feed(path, lambda: False), 20, Appearance(theme))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.view is not None)
        await pilot.press("end")
        await pilot.pause()
        seen = {"session": weakest(app)}
        await pilot.press("question_mark")
        await pilot.pause()
        seen["help"] = weakest(app, "#help")
    app = DlprofApp(fake_setup(path), 20, Appearance(theme))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        seen["setup"] = weakest(app)
    assert {screen: least for screen, least in seen.items() if least[0] < LEGIBLE[theme]} == {}


def test_a_theme_of_ones_own() -> None:
    theme = described_theme("mine", {"primary": "#ff8800", "dark": False, "background": "white"})
    assert (theme.name, theme.primary, theme.dark, theme.background) == ("mine", "#ff8800", False, "white")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "themes.mine: has no primary"),
        ({"primary": "reddish"}, "themes.mine.primary: 'reddish' is no colour"),
        ({"primary": 7}, "themes.mine.primary: 7 is no colour"),
        ({"primary": "red", "colour": "red"}, "themes.mine.colour: not known; there are: primary"),
        ({"primary": "red", "dark": "yes"}, "themes.mine.dark: not known"),
    ],
)
def test_a_theme_that_cannot_be(table: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        described_theme("mine", table)
