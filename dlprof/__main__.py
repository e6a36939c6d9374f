"""The program: ``dlprof`` and ``python -m dlprof``."""

import sys

from dlprof import interrupts


def main() -> int:
    """Run the command line; the exit code."""
    interrupts.leave_at_once()
    from dlprof.cli import main as command  # an interrupt while it is imported is silent too

    return command()


if __name__ == "__main__":
    sys.exit(main())
