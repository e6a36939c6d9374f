"""The viewer in a real terminal of 160x50: first frame, bytes and share of a core live, keys; each beside its budget.

The session grows as a recording of three lanes does, so the viewer looks at something live; nothing is trained. Beside
it, the same figures in Textual's ordinary widgets (ordinary_screen.py), and btop where it is installed. Each repeat
starts every program anew, in turn.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
from growing_session import WATCH, GrowingSession
from make_session import make
from viewer_terminal import Terminal

REPEATS, WATCHED_S, KEYS = 3, 15.0, 20
STEPS = 20_000
PRESSED = (
    ("help", "?", "close this help", "?"),
    ("the log of events", "l", "stepping", "l"),
    ("the stacks", "s", "samples", "q"),
    ("that it stands still", " ", "PAUSED", ""),
    ("the end again", "end", "LIVE", ""),
)
"""What is shown, the key, words of it, and the key that leads back."""
SSH = {**os.environ, "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
LOCAL = {name: value for name, value in os.environ.items() if name != "SSH_CONNECTION"}
DLPROF = [sys.executable, "-m", "dlprof"]


def row(what: str, budget: float | None, values: list[float], unit: str) -> None:
    """One line of the table; the median is held against the budget, of keys the 95th percentile."""
    low, median, p95, high = (float(value) for value in np.percentile(values, (0, 50, 95, 100)))
    limit = "-" if budget is None else f"{budget:g}"
    held = p95 if unit == "ms" else median
    within = "" if budget is None else "yes" if held <= budget else "NO"
    figures = "".join(f"{figure:9.4g}" for figure in (median, p95, low, high))
    print(f"{what:50} {limit:>6}{figures} {unit:4} {len(values):4}  {within}", flush=True)


def first_frame(command: list[str], word: str, environment: dict[str, str]) -> float:
    """Seconds from the command to `word` on the screen, which stands in the last line to be painted."""
    screen = Terminal(command, environment)
    seconds = screen.wait_for(word)
    screen.close()
    return seconds


def load(command: list[str], word: str, environment: dict[str, str]) -> tuple[float, float]:
    """KB a second to the terminal and per cent of a core, once `word` was shown and 3 s have passed."""
    screen = Terminal(command, environment)
    screen.wait_for(word)
    screen.read_for(3.0)
    process = psutil.Process(screen.pid)
    before, painted, began = process.cpu_times(), screen.bytes, time.perf_counter()
    screen.read_for(WATCHED_S)
    after, took = process.cpu_times(), time.perf_counter() - began
    found = (
        (screen.bytes - painted) / 1000 / took,
        100 * (after.user + after.system - before.user - before.system) / took,
    )
    screen.close()
    return found


def keys_live(path: Path) -> dict[str, list[float]]:
    """Milliseconds from a key to what it shows, with everything live; by what it shows."""
    screen = Terminal([*WATCH, str(path)], LOCAL)
    screen.wait_for("LIVE")
    screen.read_for(2.0)
    found: dict[str, list[float]] = {}
    for _ in range(KEYS):
        for what, key, shown, back in PRESSED:
            found.setdefault(what, []).append(1000 * screen.answer(key, shown))
            if back:
                screen.press(back)
    screen.close()
    return found


def painted_in_pause(path: Path) -> float:
    """Bytes in 5 s on a finished session that does not play."""
    screen = Terminal([*DLPROF, "replay", str(path)], LOCAL)
    screen.wait_for("p50")
    screen.answer("end", "END")
    screen.read_for(2.0)
    painted = screen.bytes
    screen.read_for(5.0)
    painted = screen.bytes - painted
    screen.close()
    return float(painted)


def btop_settings(folder: Path) -> dict[str, str]:
    """An environment in which btop paints twice a second."""
    (folder / "btop").mkdir(exist_ok=True)
    (folder / "btop" / "btop.conf").write_text("update_ms = 500\n")
    return {**os.environ, "XDG_CONFIG_HOME": str(folder), "LANG": "C.UTF-8"}


def main() -> None:
    print(f"terminal of 160x50, three lanes live, {REPEATS} starts of each in turn")
    print(f"{'':50} {'budget':>6}{'median':>9}{'p95':>9}{'least':>9}{'most':>9} {'':4} {'n':>4}  within")
    loads: dict[str, list[tuple[float, float]]] = {}
    frames: dict[str, list[float]] = {}
    keys: dict[str, list[float]] = {}
    still: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        path, finished = (Path(name) / f"{word}.dlprof" for word in ("growing", "finished"))
        make(finished, STEPS, 0)
        ordinary = str(Path(__file__).with_name("ordinary_screen.py"))
        shown: dict[str, Callable[[], tuple[float, float]]] = {
            "dlprof, 2 Hz (over SSH)": lambda: load([*WATCH, str(path)], "LIVE", SSH),
            "ordinary widgets, 2 Hz": lambda: load([sys.executable, ordinary, str(path), "2"], "LIVE", SSH),
            "dlprof, 4 Hz (local)": lambda: load([*WATCH, str(path)], "LIVE", LOCAL),
            "ordinary widgets, 4 Hz": lambda: load([sys.executable, ordinary, str(path), "4"], "LIVE", LOCAL),
        }
        if shutil.which("btop"):
            shown["btop, 2 Hz"] = lambda: load(["btop"], "menu", btop_settings(Path(name)))
        with GrowingSession(path, STEPS):
            for _ in range(REPEATS):
                frames.setdefault("set-up", []).append(first_frame(DLPROF, "Quit", LOCAL))
                frames.setdefault("session", []).append(first_frame([*WATCH, str(path)], "p50", LOCAL))
                for what, measure in shown.items():
                    loads.setdefault(what, []).append(measure())
                for what, answered in keys_live(path).items():
                    keys.setdefault(what, []).extend(answered)
                still.append(painted_in_pause(finished))
    for what, seconds in frames.items():
        row(f"first frame of the {what}", 1, seconds, "s")
    for what, found in loads.items():
        ours = what.startswith("dlprof")
        traffic, share = (list(values) for values in zip(*found, strict=True))
        row(f"{what}: to the terminal", 8 if ours and "2 Hz" in what else None, traffic, "KB/s")
        row(f"{what}: share of a core", (5 if "2 Hz" in what else 8) if ours else None, share, "%")
    row("key to what it shows, live", 50, [ms for of_one in keys.values() for ms in of_one], "ms")
    for what, of_one in keys.items():
        row(f"  {what}", 50, of_one, "ms")
    row("painted in 5 s in which nothing changes", 0, still, "B")
    if "btop, 2 Hz" not in shown:
        print("btop is not installed")


if __name__ == "__main__":
    main()
