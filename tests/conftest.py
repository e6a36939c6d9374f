"""Makes the helpers of each test folder importable from all of them."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDERS = (
    "session",
    "session/exports",
    "session/report",
    "dlprof",
    "profilers/agent",
    "profilers/recorder",
    "tui",
    "workloads",
    "workloads/data_sets",
)
sys.path[:0] = [str(Path(__file__).parent / folder) for folder in FOLDERS]
if os.environ.get("LANG") in ("C", "POSIX"):
    del os.environ["LANG"]  # screens are looked at as a terminal that shows more than ASCII gets them


@pytest.fixture(autouse=True, scope="session")
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the program remembers of its tests is not kept with what it remembers of its user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
