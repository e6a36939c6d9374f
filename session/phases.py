"""The phases of a run's steps, each with its clock: the one place where their figures come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dlprof.session.history import RunHistory, Steps
from dlprof.session.records import PHASES
from dlprof.session.statistics import NOTHING, Spread, middle_interval, spread

NOT_AVAILABLE = "n/a"
PROBE = "probe"
REST = "optimizer and rest"


@dataclass(frozen=True)
class Phase:
    """One phase, or the whole step: its spread over the steps that count, its clock, and its name to show.

    `reason` says why there is no spread; the clock is then `n/a`.
    """

    label: str
    spread: Spread
    clock: str
    reason: str | None


def phase_figures(history: RunHistory) -> dict[str, Phase]:
    """Each of PHASES, and ``step``."""
    clocks, counted = history.clocks, history.steps.counted
    step = _phase("step", spread(counted.column("total_ns")), clocks, "no steps were counted")
    probed = clocks.get("forward") == clocks.get("backward") == PROBE
    found = _probed(history, counted, clocks) if probed else _measured(history, counted, clocks)
    return {**found, "step": step}


def _measured(history: RunHistory, counted: Steps, clocks: Mapping[str, str]) -> dict[str, Phase]:
    reasons = _reasons(history, counted)
    return {
        phase: _phase(phase, spread(counted.column(f"{phase}_ns")), clocks, reasons.get(phase, "not measured"))
        for phase in PHASES
    }


def _probed(history: RunHistory, counted: Steps, clocks: Mapping[str, str]) -> dict[str, Phase]:
    """Forward and backward from the probes; what they and data leave of the step cannot be told apart further."""
    reasons = _reasons(history, counted)
    data = _phase("data", spread(counted.column("data_ns")), clocks, reasons.get("data", "not measured"))
    times = np.array([(probe.forward_ns, probe.backward_ns) for probe in history.probes], np.float64).reshape(-1, 2)
    no_probe = reasons.get("forward", "no probe has run")
    forward = _estimate("forward", times[:, 0], clocks, no_probe)
    backward = _estimate("backward", times[:, 1], clocks, no_probe)
    whole = spread(counted.column("total_ns") - counted.column("data_ns"))
    optimizer = _rest(whole, forward.spread, backward.spread, data.reason or forward.reason or backward.reason)
    other = Phase("other", NOTHING, NOT_AVAILABLE, f"part of {REST}")
    return {"data": data, "forward": forward, "backward": backward, "optimizer": optimizer, "other": other}


def _estimate(label: str, probes_ns: NDArray[np.float64], clocks: Mapping[str, str], no_probe: str) -> Phase:
    """The phase by its probes, differences of two durations each: not available where they may as well be nothing."""
    if len(probes_ns):
        low, *_ = middle_interval(probes_ns) or [float(np.median(probes_ns))]
        if min(low, float(probes_ns.mean())) <= 0:
            return Phase(label, NOTHING, NOT_AVAILABLE, "the probes differ too much from one another to tell")
    found = spread(probes_ns)
    is_negative = found.last_ns is not None and found.last_ns < 0
    return _phase(label, replace(found, last_ns=None) if is_negative else found, clocks, no_probe)


def _rest(whole: Spread, forward: Spread, backward: Spread, reason: str | None) -> Phase:
    """What the probed phases leave of `whole`, the step less its data, measure by measure: so means still add up.

    Percentiles of parts timed apart from the whole do not subtract; the 95th is the whole's less the parts' medians.
    `reason`: why one of the three has no figures.
    """
    median = _less(whole.median_ns, forward.median_ns, backward.median_ns)
    if median is None:
        return Phase(REST, NOTHING, NOT_AVAILABLE, reason or "the probed phases took as long as the step, or longer")
    p95 = _less(whole.p95_ns, forward.median_ns, backward.median_ns)
    mean = _less(whole.mean_ns, forward.mean_ns, backward.mean_ns)
    last = _less(whole.last_ns, forward.last_ns, backward.last_ns)
    return Phase(REST, Spread(median, p95, mean, last), PROBE, None)


def _less(whole: float | None, *parts: float | None) -> float | None:
    """None where something is missing or the parts exceed the whole."""
    known = [part for part in parts if part is not None]
    if whole is None or len(known) < len(parts) or sum(known) > whole:
        return None
    return whole - sum(known)


def _phase(label: str, found: Spread, clocks: Mapping[str, str], reason: str) -> Phase:
    if found.median_ns is None:
        return Phase(label, found, NOT_AVAILABLE, reason)
    return Phase(label, found, clocks.get(label, NOT_AVAILABLE), None)


def _reasons(history: RunHistory, counted: Steps) -> dict[str, str]:
    if not len(counted):
        return dict.fromkeys(PHASES, "no steps were counted")
    said = history.described.get("reasons")
    given = {str(phase): str(reason) for phase, reason in said.items()} if isinstance(said, dict) else {}
    return {"other": "a phase of the step was not measured", **given}
