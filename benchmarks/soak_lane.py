"""A lane that steps 4,000 times a second in turns of 15 ms, and sleeps at the end of one of 400 paths of calls.

A day of a real lane goes by in minutes: as many steps and turns, and more stacks than most programs have.
"""

import random
import time

from dlprof.profilers.agent import lane as agent
from dlprof.profilers.agent.host import HostPhases

STEP_SECONDS, TURN_NS, PATHS, DEEPEST = 0.00025, 15_000_000, 400, 12
agent.TURN_NS = TURN_NS


def left(path, due):
    follow(path, due)


def right(path, due):
    follow(path, due)


def follow(path, due):
    if path:
        (left if path[0] else right)(path[1:], due)
    else:
        time.sleep(max(due - time.perf_counter(), 0))


def train(lane):
    chosen = random.Random(1)
    paths = [[chosen.random() < 0.5 for _ in range(chosen.randrange(1, DEEPEST))] for _ in range(PATHS)]
    lane.describe(framework_version="1", parameters=0, clocks=dict.fromkeys(("data", "forward", "step"), "host"))
    lane.status("warming up")
    timer = HostPhases(lane, lambda: (None, None, None, "none"))
    timer.start()
    due = time.perf_counter()
    while True:
        timer.data_done()
        due = max(due + STEP_SECONDS, time.perf_counter() - 0.01)
        follow(chosen.choice(paths), due)
        timer.forward_done()
        timer.backward_done()
        timer.optimizer_done()
        if not timer.step_done(chosen.random()):
            break
    lane.status("evaluating")
