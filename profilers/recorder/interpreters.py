"""What an interpreter has installed, asked without importing it."""

from __future__ import annotations

import importlib.util
import json
import subprocess

_QUESTION = (
    "import importlib.util, json, sys;"
    "print(json.dumps([sys.version_info[:2] >= (3, 9),"
    "[n for n in sys.argv[1:] if importlib.util.find_spec(n) is None]]))"
)
NEEDS = {"torch": ("torch", "numpy"), "tensorflow": ("tensorflow", "numpy"), "keras": ("keras", "tensorflow", "numpy")}


def why_missing(interpreter: str, framework: str, *, own: bool) -> str | None:
    """Why `framework` cannot run in `interpreter`, with the command that mends it; None where it can."""
    needs = NEEDS[framework]
    if own:
        absent = [name for name in needs if importlib.util.find_spec(name) is None]
        return f"{absent[0]} is not installed: pip install 'dlprof[{framework}]'" if absent else None
    try:
        done = subprocess.run(
            [interpreter, "-I", "-c", _QUESTION, *needs], capture_output=True, text=True, timeout=60, check=True
        )
        recent, absent = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return f"{interpreter} does not run as a Python interpreter; give the path of another"
    if not recent:
        return f"{interpreter} is older than Python 3.9; give the path of a newer one"
    return (
        f"{', '.join(absent)} is not installed there: {interpreter} -m pip install {' '.join(absent)}"
        if absent
        else None
    )
