"""What a framework costs to install: distributions, bytes, and the time of its import, in this very interpreter.

Started by the recorder with one word, the request as JSON: `modules`, the framework first, and `answer`, the file that
is written.
"""

from __future__ import annotations

import importlib
import json
import time
from importlib import metadata
from pathlib import Path

from dlprof.workloads.deploy.requirements import required


def main(request: str) -> int:
    """Import the first module, then look at what all of them require."""
    asked = json.loads(request)
    began_ns = time.perf_counter_ns()
    importlib.import_module(asked["modules"][0])
    imported_ns = time.perf_counter_ns()
    found = required(*(distribution_of(module) for module in asked["modules"]))
    answer = {
        "import_ns": imported_ns - began_ns,
        "distributions": len(found),
        "bytes": sum(installed_bytes(distribution) for distribution in found.values()),
    }
    Path(asked["answer"]).write_text(json.dumps(answer), encoding="utf-8")
    return 0


def distribution_of(module: str) -> str:
    """The distribution that holds `module`, such as `tensorflow-cpu` for `tensorflow`; its name where none says so."""
    try:
        metadata.distribution(module)
    except metadata.PackageNotFoundError:
        for distribution in metadata.distributions():
            if module in (distribution.read_text("top_level.txt") or "").split():
                return distribution.metadata["Name"]
    return module


def installed_bytes(distribution: metadata.Distribution) -> int:
    """The size of its files, those that were compiled at the installation with them."""
    paths = (Path(str(distribution.locate_file(file))) for file in distribution.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())
