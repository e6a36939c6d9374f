"""What the screen remembers, and what it makes of a file that somebody else wrote."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from dlprof.remembered import MOST_SESSIONS, remember, remember_session, remembered_choice, remembered_sessions
from dlprof.tui.contracts import Choice

CHOICE = Choice(("torch", "keras@jax"), ("text-lstm",), "cuda:0", 30.0, None, (("workers", "2"), ("seed", "7")))


@pytest.mark.parametrize("choice", [CHOICE, Choice((), (), "auto"), Choice(("a",), ("b",), "cpu", steps=200)])
def test_a_choice_comes_back(tmp_path: Path, choice: Choice) -> None:
    path = tmp_path / "new" / "screen.json"
    remember(path, choice)
    assert remembered_choice(path) == choice
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"choice": 1}',
        '{"choice": {"lanes": "torch"}}',
        "[" * 100_000,
        "\0\xff",
        '"' + "a" * 10**6,
    ],
)
def test_rubbish_is_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "screen.json"
    path.write_text(text)
    assert remembered_choice(path) is None


@pytest.mark.parametrize(
    "changed",
    [{"lanes": [1]}, {"lanes": {"torch": 1}}, {"tasks": None}, {"device": 7}, {"tasks": ["a", ["b"]]}],
)
def test_what_is_of_another_type_is_nothing(tmp_path: Path, changed: dict[str, Any]) -> None:
    path = tmp_path / "screen.json"
    said = {"lanes": ["torch"], "tasks": ["a"], "device": "cpu", "duration_s": None, "steps": None}
    path.write_text(json.dumps({"choice": {**said, **changed}}))
    assert remembered_choice(path) is None


@pytest.mark.parametrize(
    ("seconds", "steps"),
    [(-1, None), (1e300, None), (True, None), ("30", None), (None, 0), (None, 10**30), (None, 1.5)],
)
def test_a_length_that_cannot_be_is_none(tmp_path: Path, seconds: Any, steps: Any) -> None:
    path = tmp_path / "screen.json"
    said = {"lanes": ["torch"], "tasks": ["a"], "device": "cpu", "duration_s": seconds, "steps": steps}
    path.write_text(json.dumps({"choice": said}))
    assert remembered_choice(path) == Choice(("torch",), ("a",), "cpu")


@pytest.mark.parametrize("options", [7, {"workers": "2"}, ["workers"], [["workers", 2]], [["a", "b", "c"]]])
def test_options_that_cannot_be_are_none(tmp_path: Path, options: Any) -> None:
    path = tmp_path / "screen.json"
    said = {"lanes": ["torch"], "tasks": ["a"], "device": "cpu", "options": [options, ["seed", "7"]]}
    path.write_text(json.dumps({"choice": said}))
    assert remembered_choice(path) == Choice(("torch",), ("a",), "cpu", options=(("seed", "7"),))


def test_where_nothing_can_be_written_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remember(tmp_path / "file" / "screen.json", CHOICE)
    assert remembered_choice(tmp_path / "file" / "screen.json") is None


def test_sessions_elsewhere_are_remembered_beside_the_choice_until_they_are_gone(tmp_path: Path) -> None:
    path, first, second = tmp_path / "screen.json", tmp_path / "a.dlprof", tmp_path / "b.dlprof"
    remember(path, CHOICE)
    for session in (first, second, first):
        session.touch()
        remember_session(path, session)
    assert remembered_sessions(path) == (first, second)
    assert remembered_choice(path) == CHOICE
    remember(path, Choice((), (), "auto"))
    first.unlink()
    assert remembered_sessions(path) == (second,)
    remember_session(path, second)
    assert str(first) not in path.read_text()


def test_only_so_many_sessions_are_remembered(tmp_path: Path) -> None:
    path = tmp_path / "screen.json"
    for number in range(MOST_SESSIONS + 1):
        session = tmp_path / f"{number}.dlprof"
        session.touch()
        remember_session(path, session)
    assert len(remembered_sessions(path)) == MOST_SESSIONS
    assert tmp_path / "0.dlprof" not in remembered_sessions(path)


@pytest.mark.parametrize("sessions", [7, {"a": 1}, [1], ["relative.dlprof"], ["/\0"], ["/" + 9000 * "a"]])
def test_sessions_that_cannot_be_are_none(tmp_path: Path, sessions: Any) -> None:
    path = tmp_path / "screen.json"
    path.write_text(json.dumps({"sessions": sessions}))
    assert remembered_sessions(path) == ()
