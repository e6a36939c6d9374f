"""A lane that spends three quarters of its step in one function, and a quarter in another."""

from timed import begun, spin


def hot_function():
    spin(3000)


def cold_function():
    spin(1000)


def train(lane):
    timer = begun(lane)
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
