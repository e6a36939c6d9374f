"""A lane that spends three quarters of its step in one function, and a quarter in another."""

import time

from dlprof.profilers.agent.host import HostPhases


def hot_function():
    spin(3000)


def cold_function():
    spin(1000)


def spin(microseconds):
    end = time.perf_counter_ns() + 1000 * microseconds
    while time.perf_counter_ns() < end:
        pass


def train(lane):
    clocks = dict.fromkeys(("data", "forward", "backward", "optimizer", "other", "step"), "host")
    lane.describe(framework_version="1", parameters=0, clocks=clocks)
    lane.status("warming up")
    lane.reached("built")
    timer = HostPhases(lane, lambda: (None, None, None, "none"))
    timer.start()
    going_on = True
    while going_on:
        timer.data_done()
        hot_function()
        timer.forward_done()
        cold_function()
        timer.backward_done()
        timer.optimizer_done()
        going_on = timer.step_done(0.0)
    lane.status("evaluating")
