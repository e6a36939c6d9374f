from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import simulation

from dlprof.session.history import STEP_COLUMNS, RunHistory, Steps
from dlprof.session.phases import phase_figures
from dlprof.session.records import COLD, COMPILED, DARK, LEFT_OUT, WARM_UP, Event, Probe

MS = simulation.MS


def run(clocks: dict[str, str], phases: dict[str, float], probes: tuple[Probe, ...] = (), **said: Any) -> RunHistory:
    """Ten steps of 10, 11, ... ms, with these phases, ns."""
    steps = simulation.steps_of(np.arange(10.0, 20) * MS, np.zeros(10, dtype=np.int64))
    values = steps.values.copy()
    for name, ns in phases.items():
        values[:, STEP_COLUMNS.index(f"{name}_ns")] = ns
    described = Event(1, 1, "described", {"clocks": clocks, **said})
    return replace(simulation.run_of(1, "a", 0, Steps(values)), probes=probes, events=(described,))


PROBED = {"data": "host", "forward": "probe", "backward": "probe", "optimizer": "n/a", "other": "n/a", "step": "host"}


def test_probed_phases_and_what_they_leave_add_up_to_the_step() -> None:
    probes = tuple(Probe(1, i, forward, 5 * MS) for i, forward in enumerate((2 * MS, 3 * MS, 7 * MS)))
    found = phase_figures(run(PROBED, {"data": 1 * MS}, probes))
    assert found["forward"].spread.median_ns == 3 * MS
    assert (found["forward"].clock, found["optimizer"].clock, found["data"].clock) == ("probe", "probe", "host")
    assert found["optimizer"].label == "optimizer and rest"
    assert found["optimizer"].spread.median_ns == (14.5 - 1 - 3 - 5) * MS
    assert found["optimizer"].spread.last_ns == (19 - 1 - 7 - 5) * MS
    means = [found[name].spread.mean_ns or 0 for name in ("data", "forward", "backward", "optimizer")]
    assert sum(means) == pytest.approx(14.5 * MS)
    assert found["other"].spread.median_ns is None
    assert found["other"].reason == "part of optimizer and rest"
    assert (found["other"].clock, found["step"].clock) == ("n/a", "host")


def test_what_probes_leave_is_never_negative() -> None:
    found = phase_figures(run(PROBED, {"data": 1 * MS}, (Probe(1, 1, 10 * MS, 9 * MS),)))
    assert found["optimizer"].spread.median_ns is None
    assert found["optimizer"].reason == "the probed phases took as long as the step, or longer"
    assert found["optimizer"].clock == "n/a"


@pytest.mark.parametrize("backward_ms", [(-1, 3, -2, 5, 4, -1, 2, 3), (-1.0,), (2, 3, 2, 3, 2, 3, 2, 3, 2, -90)])
def test_probes_that_may_as_well_be_nothing_are_no_estimate(backward_ms: tuple[float, ...]) -> None:
    probes = tuple(Probe(1, t_ns, 2 * MS, round(ms * MS)) for t_ns, ms in enumerate(backward_ms))
    found = phase_figures(run(PROBED, {"data": 1 * MS}, probes))
    assert found["forward"].spread.median_ns == 2 * MS
    reasons = {found[name].reason for name in ("backward", "optimizer")}
    assert reasons == {"the probes differ too much from one another to tell"}


def test_the_newest_probe_is_not_shown_where_it_came_out_negative() -> None:
    probes = tuple(Probe(1, t_ns, 2 * MS, ms * MS) for t_ns, ms in enumerate((3, 3, 4, 3, 3, 3, 3, 3, -1)))
    found = phase_figures(run(PROBED, {"data": 1 * MS}, probes))["backward"].spread
    assert (found.median_ns, found.last_ns) == (3 * MS, None)


def test_without_a_probe_or_data_the_rest_is_not_known() -> None:
    found = phase_figures(run(PROBED, {"data": 1 * MS}))
    assert found["forward"].reason == found["optimizer"].reason == "no probe has run"
    found = phase_figures(run(PROBED, {}, (Probe(1, 1, MS, MS),), reasons={"data": "hidden in fit"}))
    assert found["data"].reason == found["optimizer"].reason == "hidden in fit"


def test_other_is_not_known_where_a_phase_is_missing() -> None:
    clocks = {"data": "host", "forward": "host", "backward": "host", "optimizer": "n/a", "other": "host"}
    phases = {"data": 1.0 * MS, "forward": 2.0 * MS, "backward": 3.0 * MS}
    found = phase_figures(run(clocks, phases, reasons={"optimizer": "fused into backward"}))
    assert found["optimizer"].reason == "fused into backward"
    assert found["other"].spread.median_ns is None
    assert found["other"].reason == "a phase of the step was not measured"
    found = phase_figures(run(clocks, {**phases, "optimizer": 1.0 * MS}))
    assert found["other"].spread.median_ns == 7.5 * MS


def test_without_counted_steps_that_is_the_reason() -> None:
    found = phase_figures(replace(run(PROBED, {}), steps=simulation.steps_of(np.ones(3), np.zeros(3, np.int64), COLD)))
    assert {found[name].reason for name in ("data", "forward", "step")} == {"no steps were counted"}


def test_a_step_is_of_one_class() -> None:
    flags = np.array([WARM_UP | COMPILED | DARK, COMPILED | COLD, COLD | DARK, LEFT_OUT | DARK, DARK, 0, 0])
    counts = simulation.steps_of(np.ones(7), np.zeros(7, np.int64), flags).counts
    assert (counts.warm_up, counts.compiled, counts.cold, counts.left_out, counts.dark, counts.counted) == (
        *(1, 1, 1, 1, 1),
        2,
    )
