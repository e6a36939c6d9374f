"""Makes the helpers of each test folder importable from all of them."""

import os
import sys
from pathlib import Path

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
