"""Trains one lane without a recorder: MODULE MODE TASK FOLDER STEPS DROPOUT DARK_EVERY; prints what it said as JSON."""

import importlib
import json
import sys

from heard import HeardLane

module, mode, task, folder, steps, dropout, dark_every = sys.argv[1:]
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
        "mode": mode,
    },
    int(dark_every),
)
importlib.import_module(f"dlprof.workloads.{module}").train(lane)
print(
    json.dumps(
        {
            **lane.facts,
            "steps": lane.steps,
            "metrics": lane.held_out,
            "probed": lane.probed,
            "dark": lane.dark,
            "compiled": lane.compiled_at,
        }
    )
)
