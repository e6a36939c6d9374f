"""Trains one lane without a recorder: FRAMEWORK TASK FOLDER STEPS DROPOUT; prints what the lane said as JSON."""

import importlib
import json
import sys

from heard import HeardLane

framework, task, folder, steps, dropout = sys.argv[1:]
lane = HeardLane(
    int(steps),
    {
        "task": {"name": task},
        "device": "cpu",
        "batch_size": {"mnist-mlp": 128, "text-lstm": 32}[task],
        "workers": 0,
        "seed": 0,
        "data_dir": folder,
        "dropout": float(dropout),
    },
)
importlib.import_module(f"dlprof.workloads.{framework}").train(lane)
print(json.dumps({**lane.facts, "steps": lane.steps, "metrics": lane.held_out}))
