"""Writes a session as a file that other programs open: ``dlprof export``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from dlprof.arguments import Misuse
from dlprof.copying import copy
from dlprof.session.exports.csv_files import write_csv
from dlprof.session.exports.excerpt import excerpt
from dlprof.session.exports.openmetrics import openmetrics
from dlprof.session.exports.output import new_file, new_folder, replaced_file
from dlprof.session.exports.parquet_files import write_parquet
from dlprof.session.exports.perfetto import perfetto
from dlprof.session.exports.speedscope import speedscope
from dlprof.session.exports.tables import Table, tables
from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory

_FILES: dict[str, tuple[str, Callable[[SessionHistory], Iterator[bytes]]]] = {
    "perfetto": (".perfetto-trace", perfetto),
    "speedscope": (".speedscope.json", speedscope),
    "openmetrics": (".prom", openmetrics),
}
_FOLDERS: dict[str, Callable[[Table, BinaryIO], None]] = {"csv": write_csv, "parquet": write_parquet}
_COPY = "dlprof"
_SNAPSHOT = "openmetrics"
_STDOUT = "-"


def export(session: Path, options: argparse.Namespace) -> int:
    """Write the session at `session` as `options` ask, and print where that is; the exit code.

    Raises:
        Misuse: options that do not go together.
        SessionError: the session cannot be read, or the export not be written.
    """
    if options.format == _COPY:
        if options.start is not None or options.end is not None:
            raise Misuse("--format dlprof copies a whole session: leave --from and --until out")
        return copy(session, options)
    if options.redact:
        raise Misuse("--redact goes with --format dlprof: make a redacted copy, then export that one")
    history = _asked_for(SessionReader(session).history(), options)
    if options.output == _STDOUT:
        _print(history, options.format)
        return 0
    if options.format in _FOLDERS:
        path = Path(options.output or f"{session.stem}-{options.format}")
        _write_folder(path, history, options.format)
    else:
        path = Path(options.output or session.stem + _FILES[options.format][0])
        _write_file(path, history, options.format)
    print(path)
    return 0


def _asked_for(history: SessionHistory, options: argparse.Namespace) -> SessionHistory:
    if options.start is None and options.end is None:
        return history
    if options.format == _SNAPSHOT:
        raise Misuse(f"--format {_SNAPSHOT} gives the newest figures: leave --from and --until out")
    start_ns = round((options.start or 0) * 1e9)
    end_ns = history.horizon_ns + 1 if options.end is None else round(options.end * 1e9)
    if start_ns >= end_ns:
        raise Misuse(f"--from and --until leave nothing; the session lasts {history.horizon_ns / 1e9:.3f} s")
    return excerpt(history, start_ns, end_ns)


def _print(history: SessionHistory, chosen: str) -> None:
    if chosen in _FOLDERS:
        raise Misuse(f"--format {chosen} writes a folder of tables: give its name with -o")
    if sys.stdout.isatty() and chosen == "perfetto":
        raise Misuse("a Perfetto trace is not text: give a file with -o")
    for piece in _FILES[chosen][1](history):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _write_file(path: Path, history: SessionHistory, chosen: str) -> None:
    with (replaced_file if chosen == _SNAPSHOT else new_file)(path) as file:
        for piece in _FILES[chosen][1](history):
            file.write(piece)


def _write_folder(path: Path, history: SessionHistory, chosen: str) -> None:
    with new_folder(path) as folder:
        for table in tables(history):
            with new_file(folder / f"{table.name}.{chosen}") as file:
                _FOLDERS[chosen](table, file)
