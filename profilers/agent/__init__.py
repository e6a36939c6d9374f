"""The part that lives inside a training process: the standard library and the lane's own framework, Python 3.9+."""
