"""A session that is written on in real time, as a recording is, and the command that looks at it."""

import sys
import threading
from pathlib import Path

from make_session import COMMIT_NS, description, made

from dlprof.session.records import Step
from dlprof.session.writer import SessionWriter

WATCH = (
    sys.executable,
    "-c",
    "import sys; from pathlib import Path; from dlprof.cli import shown; from dlprof.tui.app import DlprofApp; "
    "from dlprof.tui.feed import Feed; shown(DlprofApp(Feed(Path(sys.argv[1]), lambda: True)))",
)
"""The viewer on a session that somebody records; the path follows."""


class GrowingSession:
    """A session that is written on in real time once it has `steps` steps, by a thread of its own."""

    def __init__(self, path: Path, steps: int) -> None:
        self._path, self._steps = path, steps
        self._long_enough, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> None:
        self._thread.start()
        self._long_enough.wait()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _write(self) -> None:
        writer, written, horizon_ns = SessionWriter(self._path, description(self._steps, 0)), 0, 0
        for batch, horizon_ns in made(100 * self._steps, 0):
            writer.add(batch)
            writer.commit(horizon_ns)
            written += sum(isinstance(record, Step) for record in batch)
            if written >= self._steps:
                self._long_enough.set()
                if self._over.wait(COMMIT_NS / 1e9):
                    break
        writer.finish(horizon_ns)
