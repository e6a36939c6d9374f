"""A long session is written piece by piece: what is held at a time does not grow with it."""

import io
import tracemalloc
from dataclasses import replace

import numpy as np

from dlprof.session.exports.csv_files import write_csv
from dlprof.session.exports.perfetto import perfetto
from dlprof.session.exports.tables import tables
from dlprof.session.history import STEP_COLUMNS, SessionHistory, Steps


class Nowhere(io.RawIOBase):
    """Takes what is written and keeps none of it."""

    written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        size = len(bytes(data))  # type: ignore[call-overload]
        self.written += size
        return size


def long_session(session: SessionHistory, steps: int) -> SessionHistory:
    values = np.zeros((steps, len(STEP_COLUMNS)))
    values[:, STEP_COLUMNS.index("index")] = np.arange(steps)
    values[:, STEP_COLUMNS.index("start_ns")] = np.arange(steps) * 2e6
    values[:, STEP_COLUMNS.index("total_ns")] = 2e6
    return replace(session, runs=(replace(session.runs[0], steps=Steps(values)),))


def test_a_trace(session: SessionHistory) -> None:
    long = long_session(session, 200_000)
    tracemalloc.start()
    written = sum(len(piece) for piece in perfetto(long))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert written > 40e6
    assert peak < written


def test_tables(session: SessionHistory) -> None:
    long, sink = long_session(session, 40_000), Nowhere()
    tracemalloc.start()
    for table in tables(long):
        write_csv(table, sink)  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sink.written > 3e6
    assert peak < 25e6
