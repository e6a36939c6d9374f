"""What is seen: the Textual viewer."""

import os

os.environ.setdefault("TEXTUAL_FPS", "120")
"""Textual paints what has changed at the next tick of a clock of 60 Hz, for which a key waits 8 ms in the middle. What
does not change costs nothing at any rate. Read when Textual is imported."""
