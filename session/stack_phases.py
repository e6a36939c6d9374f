"""The phase of a step that a sampled stack belongs to, where one of its frames tells.

The outermost telling frame decides: what a backward pass recomputes is backward. Where a step is one compiled program,
one frame holds all of its phases.
"""

from __future__ import annotations

import re

from dlprof.session.records import MEASURED_PHASES, Frame
from dlprof.session.stacks import Stack, StackTimes, function_of

WHOLE_STEP = "whole step"
"""Of a stack inside a step that is one program: no frame tells its phases apart."""
NOT_TOLD = "not told"
"""Of a stack in which no frame tells."""
STACK_PHASES = (*MEASURED_PHASES, WHOLE_STEP, NOT_TOLD)

_TELLING = tuple(
    (phase, re.compile(pattern))
    for phase, pattern in (
        ("data", r"torch/utils/data/\S+ .*"),
        ("data", r"tensorflow/python/data/ops/iterator_ops\.py .*"),
        ("data", r"keras/src/trainers/(data_adapters/\S+|epoch_iterator\.py) .*"),
        ("backward", r"torch/_tensor\.py backward"),
        ("backward", r"torch/autograd/\S+ (backward|grad)"),
        ("backward", r"tensorflow/python/eager/backprop\.py (gradient|jacobian|batch_jacobian)"),
        ("optimizer", r"torch/optim/\S+ .*"),
        ("optimizer", r"keras/src/(backend/\w+/)?optimizers?/\S+ .*"),
        ("optimizer", r"keras/src/backend/\w+/optimizer_distribute_strategy\.py .*"),
        (WHOLE_STEP, r"tensorflow/python/eager/polymorphic_function/polymorphic_function\.py (__call__|_call)"),
        (WHOLE_STEP, r"keras/src/backend/jax/trainer\.py iterator_step"),
        ("forward", r"torch/nn/\S+ .*"),
        ("forward", r"torch/_dynamo/eval_frame\.py .*"),
        ("forward", r"keras/src/(layers|ops|models|losses)/\S+ .*"),
        ("forward", r"keras/src/trainers/trainer\.py _?compute_loss"),
    )
)
"""Phase, and file and name of a function that tells it, the name without its class: Python names that from 3.11 on."""


def phase_of(stack: Stack, known: dict[Frame, str | None]) -> str:
    """One of STACK_PHASES; what a frame tells is kept in `known`."""
    for frame in stack:
        if frame not in known:
            known[frame] = _told_by(frame)
        told = known[frame]
        if told is not None:
            return told
    return NOT_TOLD


def time_by_phase(times: StackTimes) -> dict[str, StackTimes]:
    """`times` apart by STACK_PHASES, those without time left out."""
    found: dict[str, list[tuple[Stack, int]]] = {phase: [] for phase in STACK_PHASES}
    known: dict[Frame, str | None] = {}
    for stack, ns in times:
        found[phase_of(stack, known)].append((stack, ns))
    return {phase: of_phase for phase, of_phase in found.items() if of_phase}


def _told_by(frame: Frame) -> str | None:
    name, file = function_of(frame)
    function = f"{file} {name.rpartition('.')[2]}"
    return next((phase for phase, pattern in _TELLING if pattern.fullmatch(function)), None)
