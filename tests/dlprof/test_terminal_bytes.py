"""What hostile texts become, byte by byte, on their way to real terminals: every screen, every command that prints."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import builder
import pytest
from hostile_words import HOSTILE, MARK, MARKUP, hostile_session
from terminal import Terminal

from dlprof.session.liveness import own_entry

SENT = re.compile(
    r"\x1b\[[0-9;]*m"  # colours
    r"|\x1b\[[0-9;]*[HJKABCD]"  # cursor, erasing
    r"|\x1b\[\?[0-9;$]*[hlpu]"  # modes, and questions for them
    r"|\x1b\[[<>=]?[0-9;]*u"  # keyboard
    r"|\x1b\[[<>]?[0-9;]*[cqtn]"  # questions
    r"|\x1b\]22;[a-z]*\x07"  # the mouse pointer
    r"|\x1b[78=>]"
)
"""All that dlprof and Textual's driver send besides text."""
PROGRAM = """
import json, sys
from dlprof.cli import main
for words in json.loads(sys.argv[1]):
    print("$", len(words))
    main(words)
print("(all done)")
"""


def check(painted: bytes) -> str:
    """The text that is left of what a terminal got, when it holds no control sequence but the program's own."""
    said = painted.decode("utf-8")
    for sequence in SENT.findall(said):
        assert MARK not in sequence, sequence
    left = SENT.sub("\n", said)
    found = re.search("[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", left)
    assert found is None, f"{left[max(found.start() - 60, 0) : found.end() + 40]!r}"
    taken_up = re.search(r"(?<!\[red\])MK|MK(?!\[[/!]\])(?=\S{3})", left)
    assert taken_up is None, f"{left[max(taken_up.start() - 60, 0) : taken_up.end() + 40]!r}"
    return left


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with hostile sessions, in files of hostile names, one of them no session."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "dlprof" / "sessions"
    folder.mkdir(parents=True)
    name = HOSTILE.replace("/", "!")
    for letter in "ab":
        hostile_session(folder / f"{letter}{name}.dlprof").finish(100 * builder.SECOND)
    (folder / f"c{name}.dlprof").write_bytes(HOSTILE.encode() * 100)
    return home


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    places = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), str(home))
    return {**os.environ, **places, "LC_ALL": "C.UTF-8"}


@pytest.fixture
def sessions(home: Path) -> list[str]:
    return sorted(str(path) for path in (home / "dlprof" / "sessions").iterdir())


@pytest.fixture
def opened() -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for terminal in terminals:
        terminal.close()


@pytest.mark.slow
def test_commands_that_print(
    home: Path, environment: dict[str, str], sessions: list[str], opened: list[Terminal]
) -> None:
    first, second, broken = sessions
    shell = home / "interpreter"
    shell.write_text(f"#!/bin/sh\nprintf '%s' '{HOSTILE}' >&2\nexit 3\n".replace("\0", ""))
    shell.chmod(0o755)
    commands = [
        *(["report", first, "--format", form] for form in ("text", "json")),
        *(["compare", first, second, "--format", form] for form in ("text", "json", "markdown", "junit")),
        *(["export", first, "-o", "-", "--format", form] for form in ("perfetto", "speedscope", "openmetrics")),
        *(["export", first, "-o", str(home / HOSTILE.replace("/", "!") / "x"), "--format", "csv"],),
        ["sessions"],
        ["doctor"],
        ["report", broken],
        ["report", HOSTILE],
        ["watch", first],
        ["sessions", "stop", first],
        ["sessions", "rm", broken + "x"],
        ["compare", first, HOSTILE],
        ["compare", first, second, "--gate", HOSTILE],
        [HOSTILE],
        [f"--{HOSTILE}"],
        ["--record", "--lanes", HOSTILE],
        ["--record", "--name", HOSTILE, "--lanes", "torch", "--python", f"torch={shell}"],
        ["--record", "--tasks", HOSTILE],
        ["--record", HOSTILE, "--lanes", "torch", "--device", HOSTILE],
        ["replay", first, "--theme", HOSTILE],
    ]
    terminal = Terminal(sys.executable, "-c", PROGRAM, json.dumps(commands), environment=environment)
    opened.append(terminal)
    terminal.until(r"(\(all done\))")
    assert terminal.end() == 0
    assert MARKUP in check(terminal.painted)


@pytest.mark.slow
def test_watching_in_lines(environment: dict[str, str], tmp_path: Path, opened: list[Terminal]) -> None:
    path = tmp_path / "live.dlprof"
    writer = hostile_session(path, recorder=own_entry())
    command = (sys.executable, "-m", "dlprof", "watch", str(path))
    terminal = Terminal(*command, environment=environment, kind="dumb")
    opened.append(terminal)
    terminal.until("(keras)")
    writer.finish(100 * builder.SECOND)
    assert terminal.end() == 0
    assert MARKUP in check(terminal.painted)


@pytest.mark.slow
def test_the_session_screen(environment: dict[str, str], sessions: list[str], opened: list[Terminal]) -> None:
    command = (sys.executable, "-m", "dlprof", "replay", sessions[0])
    terminal = Terminal(*command, environment=environment)
    opened.append(terminal)
    terminal.until("(REPLAY)")
    terminal.type("\x1b[F")
    terminal.until("(END)")
    terminal.type("?")
    terminal.until("(close this help)")
    terminal.type("\x1b[F")
    terminal.until("(NOT AVAILABLE)")
    terminal.type("q")
    terminal.until("(Stacks)")
    terminal.type("s")
    terminal.until("(View)")
    terminal.type("v")
    terminal.until("( under )")
    terminal.type("v")
    terminal.until("(own  function)")
    terminal.type("\x10")
    terminal.until("(Search for commands)")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.end() == 0
    assert MARKUP in check(terminal.painted)


@pytest.mark.slow
def test_the_live_screen_and_what_asks_before_it_closes(
    environment: dict[str, str], tmp_path: Path, opened: list[Terminal]
) -> None:
    writer = hostile_session(tmp_path / "live.dlprof", recorder=own_entry())
    command = (sys.executable, "-m", "dlprof", "watch", str(tmp_path / "live.dlprof"))
    terminal = Terminal(*command, environment=environment)
    opened.append(terminal)
    terminal.until("(LIVE)")
    terminal.type("q")
    terminal.until("(still running)")
    terminal.type("r")
    assert terminal.end() == 0
    writer.finish(100 * builder.SECOND)
    assert MARKUP in check(terminal.painted)


@pytest.mark.slow
def test_the_compare_screen(environment: dict[str, str], sessions: list[str], opened: list[Terminal]) -> None:
    command = (sys.executable, "-m", "dlprof", "compare", *sessions[:2], "--screen")
    terminal = Terminal(*command, environment=environment)
    opened.append(terminal)
    terminal.until(r"(1 of \d+: )")
    terminal.type("d\x1b[C")
    terminal.until(r"(2 of \d+: )")
    terminal.type("c")
    terminal.until("(PAUSED)")
    terminal.type("q")
    terminal.until(r"(2 of \d+: )")
    terminal.type("q")
    assert terminal.end() == 0
    assert MARKUP in check(terminal.painted)


@pytest.mark.slow
def test_the_set_up_screen(environment: dict[str, str], opened: list[Terminal]) -> None:
    command = (sys.executable, "-m", "dlprof", "--lanes", "torch", "--note", HOSTILE)
    terminal = Terminal(*command, environment=environment)
    opened.append(terminal)
    terminal.until("(Recent sessions: enter)")
    terminal.type("\x1b[Z")
    terminal.until("(Mark)")
    terminal.type("x")
    terminal.until("(Nobody can bring it back)")
    terminal.type("k\x1b[Bx")
    terminal.until("(Nobody can bring it back)")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.end() == 0
    assert MARKUP in check(terminal.painted)
