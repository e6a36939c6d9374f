"""Two sets of recordings, side by side: what changed from the baseline to the candidate."""
