"""A lane that steps 1,000 times a second, computes nothing, and holds as much memory as one with TensorFlow."""

import time

from dlprof.profilers.agent.host import HostPhases

STEP_SECONDS = 0.001
HELD_BYTES = 850 << 20


def train(lane):
    held = b"\1" * HELD_BYTES
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
    del held
