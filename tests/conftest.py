"""Makes the session builder, the terminal and the listening lane importable from every test folder."""

import sys
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).parent / folder) for folder in ("session", "dlprof", "profilers/agent", "profilers/recorder")
]
