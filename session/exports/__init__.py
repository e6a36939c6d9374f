"""What a session can be turned into for other programs."""
