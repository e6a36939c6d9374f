"""A script beside this one, started in a process of its own, and what it has to say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
"""The environment of a framework that computes in one thread."""


def said_by(script: str, *words: str, environment: Mapping[str, str] | None = None) -> Any:
    """The JSON that `script` prints last; `environment` is added to this process's own."""
    command = [sys.executable, str(Path(__file__).with_name(script)), *words]
    own = {**os.environ, **(environment or {})}
    done = subprocess.run(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(done.stdout.splitlines()[-1])
