"""A lane whose step takes about 1 ms, and 5 % more where it is stamped: the cost that dlprof has to find."""

import time

from dlprof.profilers.agent.host import HostPhases

STEP_US = 1000
COST_US = 50


def spin(microseconds):
    end = time.perf_counter_ns() + 1000 * microseconds
    while time.perf_counter_ns() < end:
        pass


def begun(lane):
    clocks = dict.fromkeys(("data", "forward", "backward", "optimizer", "other", "step"), "host")
    lane.describe(framework_version="1", parameters=0, clocks=clocks)
    lane.status("warming up")
    lane.reached("built")
    timer = HostPhases(lane, lambda: (None, None, None, "none"))
    timer.start()
    return timer


def train(lane):
    timer = begun(lane)
    while True:
        timer.data_done()
        spin(STEP_US // 2)
        timer.forward_done()
        spin(STEP_US // 2)
        timer.backward_done()
        timer.optimizer_done()
        if timer.lit:
            spin(COST_US)
        if not timer.step_done(0.0):
            break
    lane.status("evaluating")
