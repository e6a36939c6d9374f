from pathlib import Path

import pytest

from dlprof.arguments import Misuse
from dlprof.cli import main
from dlprof.settings import appearance, settings_file

SETTINGS = """
theme = "mine"
[themes.mine]
primary = "#ff8800"
[keys]
session.pause = "p"
session."seek_-1" = "h"
"""


def test_the_file_is_where_such_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings_file().name == "config.toml"
    assert settings_file().is_relative_to(tmp_path)


def test_without_a_file_all_is_as_usual(tmp_path: Path) -> None:
    found = appearance(tmp_path / "none", None)
    assert (found.theme, found.themes, found.keymap) == ("dark", (), {})
    assert appearance(tmp_path / "none", "nord").theme == "nord"


def test_theme_and_keys_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(SETTINGS)
    found = appearance(path, None)
    assert (found.theme, [theme.primary for theme in found.themes]) == ("mine", ["#ff8800"])
    assert found.keymap == {"session.pause": "p", "session.seek_-1": "h"}
    assert appearance(path, "light").theme == "light"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("theme = ", "is no TOML"),
        ("theme = 'drak'", "theme: there is no theme 'drak'; did you mean dark?"),
        ("theme = 'xyzzy'", "are known: dark, light, high-contrast, your own, and those that ctrl+p"),
        ("ascii = 'no'", "ascii: 'no' is neither true nor false"),
        ("theme = 3", "theme: there is no theme 3"),
        ("colour = 'red'", "colour: not known; there are: theme, themes, keys, ascii"),
        ("themes = 1", "themes: expected a table"),
        ("[themes]\nmine = 'red'", "themes.mine: expected a table"),
        ("[themes.mine]\nprimary = 'x'", "themes.mine.primary: 'x' is no colour"),
        ("keys = []", "keys: expected a table"),
        ("[keys]\nsession.sing = 'p'", "keys.session.sing: no such action"),
        ("[keys]\nsession.pauze = 'p'", "did you mean session.pause"),
        ("[keys]\nsession.pause = 'q'", "keys.session.pause: 'q' is also the key of session.leave"),
        ("a = " + "[" * 100_000, "is no TOML"),
        ("\udcff", "is no TOML"),
    ],
)
def test_what_cannot_be_understood_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(Misuse) as refused:
        appearance(path, None)
    assert str(refused.value).startswith(str(path))
    assert words in str(refused.value)


def test_a_theme_that_there_is_not_is_misuse() -> None:
    with pytest.raises(Misuse, match=r"--theme: there is no theme 'ink'; .*known: dark"):
        appearance(Path("/nowhere"), "ink")


def test_help_names_the_themes(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["watch"], ["replay"], ["compare"]):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        assert "high-contrast" in capsys.readouterr().out
