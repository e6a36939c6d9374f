"""What an interpreter has installed, asked without importing it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from dataclasses import dataclass

_QUESTION = (
    "import importlib.util, json, sys;"
    "print(json.dumps([sys.version_info[:2] >= (3, 9),"
    "[n for n in sys.argv[1:] if importlib.util.find_spec(n) is None]]))"
)


class NotAnInterpreter(Exception):
    """A program that is no Python interpreter; `str()` is one line."""


@dataclass(frozen=True)
class Needs:
    """What a lane imports, and what to hand to `pip install` for it beside dlprof."""

    modules: tuple[str, ...]
    install: str


NEEDS: dict[tuple[str, str | None], Needs] = {
    ("torch", None): Needs(("torch", "numpy"), "'dlprof[torch]'"),
    ("tensorflow", None): Needs(("tensorflow", "numpy"), "'dlprof[tensorflow]'"),
    ("keras", "tensorflow"): Needs(("keras", "tensorflow", "numpy"), "'dlprof[keras]'"),
    ("keras", "torch"): Needs(("keras", "torch", "numpy"), "'dlprof[torch]' keras"),
    ("keras", "jax"): Needs(("keras", "jax", "numpy"), "'dlprof[jax]'"),
}
"""By framework and backend."""


def why_missing(interpreter: str, framework: str, backend: str | None, *, own: bool) -> str | None:
    """Why `framework` cannot run in `interpreter`, with the command that mends it; None where it can.

    Raises:
        NotAnInterpreter: `interpreter` cannot be executed, or is not Python.
    """
    needs = NEEDS[framework, backend]
    if own:
        absent = [name for name in needs.modules if importlib.util.find_spec(name) is None]
        return f"{absent[0]} is not installed: pip install {needs.install}" if absent else None
    try:
        done = subprocess.run(
            [interpreter, "-I", "-c", _QUESTION, *needs.modules],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        recent, absent = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError, TypeError):
        reason = f"{interpreter} does not run as a Python interpreter; give the path of a python executable"
        raise NotAnInterpreter(reason) from None
    if not recent:
        return f"{interpreter} is older than Python 3.9; give the path of a newer one"
    return (
        f"{', '.join(absent)} is not installed there: {interpreter} -m pip install {' '.join(absent)}"
        if absent
        else None
    )
