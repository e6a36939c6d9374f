"""``dlprof export --format dlprof``: a session as another session file."""

from __future__ import annotations

import argparse
from pathlib import Path

from dlprof.arguments import Misuse
from dlprof.session.exports.dlprof_copy import plain_copy, redacted_copy
from dlprof.session.redaction import of_this_machine
from dlprof.session.store import SUFFIX


def copy(session: Path, options: argparse.Namespace) -> int:
    """Write a copy of the session at `session` as `options` ask, and print where that is; the exit code.

    Raises:
        Misuse: options that do not go together.
        SessionError: the session cannot be read, or the copy not be written.
    """
    if options.output == "-":
        raise Misuse("a session is not text: give a file with -o")
    kind = "redacted" if options.redact else "copy"
    path = Path(options.output or f"{session.stem}-{kind}{SUFFIX}")
    if options.redact:
        redacted_copy(session, path, of_this_machine())
    else:
        plain_copy(session, path)
    print(path)
    return 0
