"""A pool of recordings of one and the same thing, from which the benchmarks of verdicts draw.

Each is torch against torch on `mnist-mlp`, two lanes in turns, by the command line, with fresh processes. The files
stay in build/pool and are recorded where they are missing, so that a pool can be made bit by bit; `make bench` makes
a new one.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory

POOL = 48
FOLDER = Path(__file__).parents[1] / "build" / "pool"
OPTIONS = (
    "--lanes", "a=torch,b=torch", "--tasks", "mnist-mlp", "--duration", "2s", "--data-mb", "20",
    "--no-overhead-check",
)  # fmt: skip


def recordings() -> Iterator[SessionHistory]:
    """The recordings of the pool, in the order in which they were made."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for number in range(POOL):
        path = FOLDER / f"{number:02}.dlprof"
        if not path.exists():
            _record(path)
        yield SessionReader(path).history()


def _record(path: Path) -> None:
    unfinished = path.with_name("unfinished.dlprof")
    for left in FOLDER.glob(f"{unfinished.name}*"):
        left.unlink()
    command = [sys.executable, "-m", "dlprof", "--record", str(unfinished), *OPTIONS]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    unfinished.rename(path)


if __name__ == "__main__":
    for history in recordings():
        print(history.meta.get("started_at"), flush=True)
