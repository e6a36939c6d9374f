"""``python -m dlprof``."""

import sys

from dlprof.cli import main

if __name__ == "__main__":
    sys.exit(main())
