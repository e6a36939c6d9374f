"""Real data sets: from Keras' cache, or from the user's own files."""
