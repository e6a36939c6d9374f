"""A session of 1,000,000 steps: its size, report, comparison, first frame, seeking and memory, each beside its budget.

The session is made (make_session.py): it tries sizes, and its figures mean nothing. Every measurement starts a process
of its own. The viewer runs in a real terminal of 160x50; the first frame is there when the lanes are, a seek is over
with the last byte that the key brought. The last rows are the viewer on a file that grows as a recording does, begun
with so many steps: its share of a core, which must not follow from the length of the session.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from growing_session import WATCH, GrowingSession
from make_session import make
from viewer_terminal import Terminal

STEPS, REPEATS, MB = 1_000_000, 5, 1e6
SHORT = 10_000
INCONCLUSIVE = 3
WATCHED_S = 20.0
LOCAL_SHARE = 8
"""Per cent of a core at 4 Hz, as locally; over SSH the viewer paints half as often (bench_terminal.py)."""
ARROWS = ("right", "shift+right", "left", "shift+left")
KEYS = ("end", "home", *ARROWS, *"123456789", "end", *ARROWS, *"987654321", *ARROWS, "0", "end")
"""To the end and back to the start in tenths, with all arrows at the start, the end and a tenth; paused throughout."""
DLPROF = (sys.executable, "-m", "dlprof")


def row(what: str, budget: float | None, values: list[float], unit: str) -> None:
    """One line of the table; the 95th percentile is held against the budget."""
    low, median, p95, high = (float(value) for value in np.percentile(values, (0, 50, 95, 100)))
    limit = "-" if budget is None else f"{budget:g}"
    within = "" if budget is None else "yes" if p95 <= budget else "NO"
    figures = "".join(f"{figure:9.4g}" for figure in (median, p95, low, high))
    print(f"{what:44} {limit:>7}{figures} {unit:2} {len(values):4}  {within}", flush=True)


def seconds(*command: str) -> float:
    """How long a command takes as a whole process."""
    began = time.perf_counter()
    done = subprocess.run([*DLPROF, *command], check=False, stdout=subprocess.DEVNULL)
    if done.returncode not in (0, INCONCLUSIVE):
        raise SystemExit(f"dlprof {' '.join(command)}: exit code {done.returncode}")
    return time.perf_counter() - began


def is_there(command: str) -> bool:
    """Whether this dlprof has the command."""
    return subprocess.run([*DLPROF, command, "--help"], capture_output=True).returncode == 0


def viewed(path: Path) -> dict[str, list[float]]:
    """One viewer: seconds to the first frame and to the whole session, ms a key, MB at the end."""
    screen = Terminal([*DLPROF, "replay", str(path)])
    first_s = screen.wait_for("so far|p50")  # a lane that has no step yet shows how far its start is
    whole_s = screen.wait_for(r"/ \d{4,}\.\d s")
    screen.read_for(2.0)
    screen.press(" ")
    keys_ms = []
    for key in KEYS:
        keys_ms.append(1000 * screen.press(key))
        if key == "end":  # goes on from there
            screen.press(" ")
    process = psutil.Process(screen.pid)
    peak_kb = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{screen.pid}/status").read_text())[0]
    found = {
        "first": [first_s],
        "whole": [whole_s],
        "keys": keys_ms,
        "rss": [float(peak_kb) * 1024 / MB],
        "uss": [process.memory_full_info().uss / MB],
    }
    screen.close()
    return found


def watch_share(path: Path, steps: int) -> float:
    """Per cent of a core that a viewer takes on a file that grows, and held `steps` steps before."""
    with GrowingSession(path, steps):
        screen = Terminal([*WATCH, str(path)])
        screen.wait_for("LIVE")
        screen.read_for(5.0)
        process = psutil.Process(screen.pid)
        before, began = process.cpu_times(), time.perf_counter()
        screen.read_for(WATCHED_S)
        after, took = process.cpu_times(), time.perf_counter() - began
        screen.close()
    return 100 * (after.user + after.system - before.user - before.system) / took


def main() -> None:
    print(f"made session of {STEPS:,} steps, three lanes in turns")
    print(f"{'':44} {'budget':>7}{'median':>9}{'p95':>9}{'least':>9}{'most':>9} {'':2} {'n':>4}  within")
    with tempfile.TemporaryDirectory() as name:
        first, second = (Path(name) / f"{letter}.dlprof" for letter in "ab")
        for seed, path in enumerate((first, second)):
            make(path, STEPS, seed)
        row("file, whole, a step", 64, [first.stat().st_size / STEPS], "B")
        row("dlprof report", 2, [seconds("report", str(first)) for _ in range(REPEATS)], "s")
        if is_there("compare"):
            took = [seconds("compare", str(first), str(second)) for _ in range(REPEATS)]
            row("dlprof compare, two such sessions", 3, took, "s")
        views = [viewed(first) for _ in range(REPEATS)]
        pooled = {key: [value for view in views for value in view[key]] for key in views[0]}
        row("viewer: first frame", 1.5, pooled["first"], "s")
        row("viewer: whole session there", None, pooled["whole"], "s")
        row("viewer: key to screen", 100, pooled["keys"], "ms")
        row("viewer: peak resident memory", 250, pooled["rss"], "MB")
        row("viewer: unique memory in the end", None, pooled["uss"], "MB")
        for steps in (SHORT, STEPS):
            share = watch_share(Path(name) / f"{steps}.dlprof", steps)
            row(f"viewer: share of a core, growing from {steps:,}", LOCAL_SHARE, [share], "%")


if __name__ == "__main__":
    main()
