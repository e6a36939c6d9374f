"""20,000 hostile session files: an honest one, changed at random in 16 ways, and everything a user sees of each.

Each is to be opened, or refused in one line: no traceback, no end of the process, at most 2 s and 250 MB, and nothing
on the terminal that it would obey. A case that fails is named by its seed: `--first SEED --cases 1` shows it again.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SESSION_TESTS = Path(__file__).resolve().parents[1] / "tests" / "session"
SECONDS, MEGABYTES = 2.0, 250
HUNG_SECONDS = 30.0
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Case:
    """One case and what came of it: `opened`, `refused`, or what went wrong."""

    seed: int
    change: str
    outcome: str
    seconds: float
    megabytes: int


def work(first: int, last: int) -> None:
    """Go through the cases from `first` up to `last`, and print each."""
    sys.path.insert(0, str(SESSION_TESTS))
    import hostile
    from seen import look

    warnings.simplefilter("error")  # they would be words on the terminal
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        honest = hostile.honest(Path(name) / "honest")
        look(honest)
        for seed in range(first, last):
            folder = Path(name) / str(seed)
            folder.mkdir()
            path = folder / "a.dlprof"
            shutil.copy(honest, path)
            change = hostile.change(seed, path)
            print(json.dumps({"seed": seed, "change": change}), flush=True)
            RESET.write_text("5")
            began = time.perf_counter()
            try:
                shown = look(path)
                outcome = "opened" if shown.count("\n") > 20 else "refused"
            except BaseException as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                outcome = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
            case = Case(seed, change, outcome, time.perf_counter() - began, peak_megabytes())
            print(json.dumps(asdict(case)), flush=True)
            shutil.rmtree(folder)


def peak_megabytes() -> int:
    """The most memory that this process has held since RESET."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def cases(first: int, last: int) -> list[Case]:
    """What came of the cases from `first` up to `last`; a worker that hangs or dies is replaced."""
    found: list[Case] = []
    while first < last:
        command = [sys.executable, __file__, "--work", "--first", str(first), "--cases", str(last - first)]
        begun = {"seed": first, "change": "?"}
        with subprocess.Popen(command, stdout=subprocess.PIPE) as worker:
            for told in messages(worker):
                if "outcome" in told:
                    found.append(Case(**told))
                else:
                    begun = told
        first = begun["seed"] + 1
        if not found or found[-1].seed != begun["seed"]:
            outcome = f"the process hung, or ended with {worker.returncode}"
            found.append(Case(begun["seed"], begun["change"], outcome, HUNG_SECONDS, 0))
    return found


def messages(worker: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    """What `worker` says, line by line; it is killed when it says nothing for HUNG_SECONDS."""
    assert worker.stdout is not None
    rest = b""
    while select.select([worker.stdout], [], [], HUNG_SECONDS)[0]:
        data = os.read(worker.stdout.fileno(), 1 << 16)
        if not data:
            return
        *lines, rest = (rest + data).split(b"\n")
        yield from map(json.loads, lines)
    worker.kill()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--cases", type=int, default=20_000)
    options.add_argument("--work", action="store_true")
    given = options.parse_args()
    first, last = given.first, given.first + given.cases
    if given.work:
        work(first, last)
        return
    found = cases(first, last)
    print("change: opened, refused in one line, failed; slowest s, most MB")
    for change in sorted({case.change for case in found}):
        of_change = [case for case in found if case.change == change]
        count = Counter(case.outcome if case.outcome in ("opened", "refused") else "failed" for case in of_change)
        slowest, most = max(case.seconds for case in of_change), max(case.megabytes for case in of_change)
        counts = f"{count['opened']:6} {count['refused']:6} {count['failed']:6}"
        print(f"{change:18} {counts} {slowest:8.2f} {most:6}")
    bad = [c for c in found if c.outcome not in ("opened", "refused")]
    large = [c for c in found if c.seconds > SECONDS or c.megabytes > MEGABYTES]
    print(f"{len(found)} cases; {len(bad)} failed; {len(large)} beyond {SECONDS:g} s or {MEGABYTES} MB")
    for case in (bad + large)[:40]:
        print(f"  seed {case.seed} {case.change}: {case.outcome[:150]}, {case.seconds:.2f} s, {case.megabytes} MB")


if __name__ == "__main__":
    main()
