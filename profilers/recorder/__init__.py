"""The headless process that starts lanes, hands out turns, and alone writes the session file."""
