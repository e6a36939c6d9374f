"""What is compared of a run: its quantities, and what one run says of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlprof.session.effects import Finding
from dlprof.session.estimators import interquartile_mean
from dlprof.session.history import RunHistory, SessionHistory, Steps
from dlprof.session.memory import memory
from dlprof.session.phases import phase_figures
from dlprof.session.records import PHASES
from dlprof.session.statistics import samples_per_second
from dlprof.session.turn_medians import TurnMedians, group_numbers

SLOWER, FASTER, MORE, LESS, SAME, INCONCLUSIVE = "slower", "faster", "more", "less", "same", "inconclusive"
REGRESSIONS = (SLOWER, MORE)
DURATION, RATE, SIZE = "ms", "samples/s", "bytes"
_WORDS = {DURATION: (SLOWER, FASTER), RATE: (FASTER, SLOWER), SIZE: (MORE, LESS)}
"""What a ratio above 1, and one below 1, is called."""


@dataclass(frozen=True)
class Quantity:
    """One row of a comparison: its key, the name to show, the unit, and the gate that it belongs to."""

    key: str
    label: str
    unit: str
    gate: str

    def is_in(self, gates: Sequence[str]) -> bool:
        """Whether one of `gates` names it, by its gate or its key."""
        return self.gate in gates or self.key in gates

    def word(self, finding: Finding) -> str:
        """The verdict that `finding`, of candidate over baseline, is for this quantity."""
        above, below = _WORDS[self.unit]
        return {Finding.ABOVE: above, Finding.BELOW: below, Finding.SAME: SAME}.get(finding, INCONCLUSIVE)


@dataclass(frozen=True)
class Measure:
    """What one run says of one quantity, in its unit; `reason` says why there is no value.

    `error`: standard error of the value's logarithm within the run. `kind`: how it was measured (the clock of a
    duration, the series that a peak was taken from); values of different kinds are not compared.
    """

    value: float | None
    kind: str
    reason: str | None = None
    error: float = 0.0


QUANTITIES = (
    Quantity("step", "step", DURATION, "step"),
    *(Quantity(phase, phase, DURATION, phase) for phase in PHASES),
    Quantity("throughput", "throughput", RATE, "throughput"),
    Quantity("host_peak_bytes", "host peak", SIZE, "memory"),
    Quantity("gpu_process_peak_bytes", "GPU process peak", SIZE, "memory"),
    Quantity("allocator_peak_bytes", "allocator peak", SIZE, "memory"),
    Quantity("gpu_device_peak_bytes", "whole GPU peak", SIZE, "gpu_device_peak_bytes"),
    Quantity("host_before_import_bytes", "host before import", SIZE, "host_before_import_bytes"),
    Quantity("host_import_bytes", "host: import", SIZE, "host_import_bytes"),
    Quantity("host_model_bytes", "host: model, data", SIZE, "host_model_bytes"),
    Quantity("host_first_steps_bytes", "host: first steps", SIZE, "host_first_steps_bytes"),
)
"""The rows of a comparison, in their order. `memory` gates the peaks that are the run's own."""
GATES = tuple(dict.fromkeys(quantity.gate for quantity in QUANTITIES))


def measures(run: RunHistory, session: SessionHistory, turns: TurnMedians) -> dict[str, Measure]:
    """What `run` says of each of QUANTITIES, as its report does; `turns` are those of its counted steps."""
    phases, error = phase_figures(run), _turn_error(turns)
    found = {}
    for name, phase in phases.items():
        median = phase.spread.median_ns
        kind = phase.clock if phase.label == name else f"{phase.clock}, {phase.label}"
        found[name] = Measure(None if median is None else median / 1e6, kind, phase.reason, error)
    counted, clock = run.steps.counted, phases["step"].clock
    rate = samples_per_second(counted, run.run.batch_size)
    found["throughput"] = (
        Measure(None, clock, "no steps were counted")
        if rate is None
        else Measure(rate, clock, error=_rate_error(counted))
    )
    figures = memory(run, session)
    return found | {quantity.key: _size(quantity.key, figures) for quantity in QUANTITIES if quantity.unit == SIZE}


def _size(key: str, figures: Mapping[str, Any]) -> Measure:
    kind = ""
    if key == "host_peak_bytes":
        kind = f"{figures.get('host_peak_basis')} since {figures.get('host_peak_since', 'training')}"
    value = figures[key]
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return Measure(float(value) if known else None, kind, figures.get(f"{key}_reason"))


def _rate_error(counted: Steps) -> float:
    """Standard error of the logarithm of steps per second, by leaving out turn after turn (the jackknife: Efron 1982).

    The rate follows the mean step, which a single slow turn moves, where the medians of the turns do not.
    """
    turn = group_numbers(counted.column("turn"))
    steps, totals = np.bincount(turn).astype(float), np.bincount(turn, counted.column("total_ns"))
    count = len(steps)
    if count < 2:
        return 0.0
    left_steps, left_totals = steps.sum() - steps, totals.sum() - totals
    known = left_totals > 0  # as some are wherever there is a rate
    logs = np.log(left_steps[known] / left_totals[known])
    return math.sqrt((count - 1) / count * float(((logs - logs.mean()) ** 2).sum()))


def _turn_error(turns: TurnMedians) -> float:
    """Standard error of the logarithm of a run's step, from the spread of its turns; 0 where there are too few."""
    medians = turns.medians_ns[turns.medians_ns > 0]
    return interquartile_mean(np.log(medians)).standard_error if len(medians) > 1 else 0.0
