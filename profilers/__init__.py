"""What measures: the agent inside a training process, the collectors, and the recorder."""
