"""How a module of dlprof is started in an interpreter that may not have dlprof installed."""

from __future__ import annotations

from pathlib import Path

import dlprof
from dlprof.profilers.agent import bootstrap

_PACKAGE = Path(dlprof.__file__).parent


def program(interpreter: str, module: str, *words: str) -> tuple[str, ...]:
    """The command line that runs the `main` of `module` with `words`, with nothing else of this installation."""
    return interpreter, "-I", str(Path(bootstrap.__file__).resolve()), str(_PACKAGE), module, *words
