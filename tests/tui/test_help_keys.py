from dlprof.tui.help_keys import own_keys_text, with_own_keys
from dlprof.tui.help_screen import HELP
from dlprof.tui.keymap import OwnKeys

LEAVE = OwnKeys(("q", "f10"), ("q",), "Leave")
BACK = OwnKeys(("h",), ("left",), "Go 1 s back")
PAUSE, LOG = OwnKeys(("l",), ("space",), "Pause"), OwnKeys(("space",), ("l",), "Log")


def test_a_help_shows_the_keys_that_there_are() -> None:
    assert with_own_keys(HELP, ()) == HELP
    lines = with_own_keys(HELP, (LEAVE, BACK, PAUSE, LOG)).splitlines()
    assert "q f10     leave; a recording can be stopped or left to run on" in lines
    assert "h →       1 s back, forward; with shift 10 s" in lines
    assert "l         pause, go on" in lines
    assert "space     log: all events; enter goes to the chosen one, esc closes it" in lines
    assert "h         host: the process's own clock" in lines, "letters of clocks are no keys"


def test_own_keys_are_listed() -> None:
    assert own_keys_text((LEAVE,)) == "YOUR KEYS\nq f10     Leave\n\n"
    assert own_keys_text(()) == ""
