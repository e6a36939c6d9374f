"""A session as other programs read it."""
