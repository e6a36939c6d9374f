"""dlprof: trains one model in several deep-learning frameworks and shows where the step time goes."""

__version__ = "0.1.0"
