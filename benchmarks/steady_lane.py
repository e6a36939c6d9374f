"""A lane that steps 1,000 times a second and computes nothing: what the recorder has to keep up with."""

import time

from dlprof.profilers.agent.host import HostPhases

STEP_SECONDS = 0.001


def train(lane):
    clocks = dict.fromkeys(("data", "forward", "backward", "optimizer", "other", "step"), "host")
    lane.describe(framework_version="1", parameters=0, clocks=clocks)
    lane.status("warming up")
    timer = HostPhases(lane, lambda: (None, None, None, "none"))
    timer.start()
    due = time.perf_counter()
    while True:
        timer.data_done()
        due += STEP_SECONDS
        time.sleep(max(due - time.perf_counter(), 0))
        timer.forward_done()
        timer.backward_done()
        timer.optimizer_done()
        if not timer.step_done(0.0):
            break
    lane.status("evaluating")
