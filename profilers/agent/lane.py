"""A lane as its training loop sees it: where steps are recorded, and the gate between them."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Optional, Union

from dlprof.profilers.agent.accuracy import AccuracyCheck
from dlprof.profilers.agent.blocks import Blocks
from dlprof.profilers.agent.protocol import (
    COLD,
    COMPILED,
    DARK,
    NOT_MEASURED,
    WARM_UP,
    Allocation,
    Measured,
    ProbeTimes,
    StepMark,
)
from dlprof.profilers.agent.wire import MISSING, STEP, STEPS_A_WRITE, LineBuffer, encode

WARM_UP_STEPS = 12
WARM_UP_DARK = range(4, 8)
"""Warm-up steps that run dark: what is compiled for dark steps is compiled before it counts."""
COLD_STEPS = 4
COLD_NS = 20_000_000
"""Steps run cold after a wait, at least so many and for so long: of 1.2 ms each, the second to fourth were measured
10-25 % slow, the eighth 8 %, and those after 20 ms 2 % and less."""
COLD_PART = 4
"""Of a number of steps that was asked for, at most one of so many runs cold for COLD_NS: some are to count."""
TURN_NS = 250_000_000
HAND_OVER_NS = 100_000_000
"""Steps are kept for so long, then written together: a write a step costs more than all its stamps."""
TURN_STEPS = 16
"""A turn lasts at least TURN_NS and TURN_STEPS."""


class RecorderGone(Exception):
    """The recorder ended or closed its side: there is nobody to train for."""


class Lane:
    """The recorder's counterpart inside the training process."""

    def __init__(self, control: socket.socket, steps_fd: int) -> None:
        """Wait for the configuration, the recorder's first message."""
        self._control = control
        self._incoming = LineBuffer()
        self._waiting: list[dict[str, Any]] = []
        self._steps_fd = steps_fd
        os.set_blocking(steps_fd, False)
        self._dropped = 0
        self._index = 0
        self._turn = -1
        self._turn_began_ns = 0
        self._turn_began_at = 0
        self._ends_at: float = WARM_UP_STEPS
        self._may_end_at = WARM_UP_STEPS
        self._may_end_ns = 0
        self._cold_until = 0
        self._cold_until_ns = 0
        self._cold_at_most: float = 0
        self._on_idle: Callable[[], None] = lambda: None
        self._allocator: Callable[[], Allocation] = lambda: (None, None, None, "the lane does not say")
        self._compilations: Callable[[], int] = lambda: 0
        self._compiled = 0
        self._probe: Optional[Callable[[], ProbeTimes]] = None
        self._kept: list[tuple[StepMark, int, int, Union[Measured, Callable[[], Measured]]]] = []
        self._hand_over_ns = 0
        self._last_was_dark = 0
        self._origin_ns = 0
        self.reached: Callable[[str], None] = lambda stage: None
        """Called with `built` before the first step, `warm` after the warm-up, `trained` after the last step."""
        self.config: Mapping[str, Any] = self._receive()
        self._origin_ns = int(self.config["origin_ns"])
        self._blocks = Blocks(int(self.config["seed"])) if self.config["overhead_check"] else None
        self._ahead: list[int] = []
        self._accuracy: Optional[AccuracyCheck] = None
        self._stepping_ns = 0

    def status(self, status: str) -> None:
        """Say what the lane does now."""
        self._send({"kind": "status", "status": status})

    def describe(self, **facts: Any) -> None:
        """Say facts of the run: version, parameters, threads, input, clocks, reasons."""
        self._send({"kind": "described", **facts})

    def predicted(self) -> None:
        """Say that the trained model's predictions of the held-out data are written."""
        self._send({"kind": "predicted"})

    def measures_accuracy(self, measure: Callable[[], float]) -> None:
        """Where a target is set, look at the accuracy between turns; see `TrainingLane`."""
        target = self.config.get("target_accuracy")
        self._accuracy = None if target is None else AccuracyCheck(float(target), measure)

    def may_deploy(self, formats: Sequence[str]) -> bool:
        """Whether to save the trained model; see `TrainingLane`."""
        if not self.config["deploy"]:
            return False
        self._send({"kind": "deploys", "formats": list(formats)})
        return self._receive()["kind"] == "save"

    def saved(self, format: str, **facts: Any) -> None:
        """Say that the model is saved in `format`, or why not."""
        self._send({"kind": "saved", "format": format, **facts})

    def failed(self, kind: str, message: str, traceback: str) -> None:
        """Say what the lane raised."""
        self._hand_over()
        self._send({"kind": "error", "type": kind, "message": message[:4000], "traceback": traceback[-60_000:]})

    def start_training(
        self,
        on_idle: Callable[[], None],
        allocator: Callable[[], Allocation],
        compilations: Callable[[], int] = lambda: 0,
        probe: Optional[Callable[[], ProbeTimes]] = None,
    ) -> StepMark:
        """The mark of the first step; see `TrainingLane`."""
        self._on_idle, self._allocator, self._compilations, self._probe = on_idle, allocator, compilations, probe
        if probe is not None:
            self._blocks = None  # nothing is stamped inside the step: there is no cost to weigh
        dark = WARM_UP_DARK if self._blocks else ()
        self._ahead = [WARM_UP | DARK if step in dark else WARM_UP for step in reversed(range(1, WARM_UP_STEPS))]
        self.reached("built")
        self._turn_began_ns = time.perf_counter_ns()
        return StepMark(0, self._turn_began_ns, self._turn, WARM_UP)

    def record(self, mark: StepMark, total_ns: int, measured: Union[Measured, Callable[[], Measured]]) -> None:
        """Keep one finished step until the next hand-over."""
        compiled = self._compilations()
        flags = mark.flags if compiled == self._compiled else mark.flags | COMPILED
        self._compiled = compiled
        self._kept.append((mark, flags, total_ns, measured))

    def record_dark(self, mark: StepMark, end_ns: int) -> None:
        """Keep a step without stamps until the next hand-over."""
        self._kept.append((mark, mark.flags, end_ns - mark.start_ns, NOT_MEASURED))

    def _hand_over(self) -> None:
        """Write the steps kept. Never blocks: those for which the pipe has no room are dropped and counted."""
        packed = [self._packed(*step) for step in self._kept]
        self._kept.clear()
        for first in range(0, len(packed), STEPS_A_WRITE):
            some = packed[first : first + STEPS_A_WRITE]
            try:
                os.write(self._steps_fd, b"".join(some))
            except BlockingIOError:
                self._dropped += len(some)

    def _packed(
        self, mark: StepMark, flags: int, total_ns: int, measured: Union[Measured, Callable[[], Measured]]
    ) -> bytes:
        *phases, loss = measured() if callable(measured) else measured
        return STEP.pack(
            mark.number,
            mark.turn,
            flags,
            mark.start_ns - self._origin_ns,
            total_ns,
            *(MISSING if ns is None else ns for ns in phases),
            math.nan if loss is None else loss,
        )

    def next_step(self, end_ns: int) -> Optional[StepMark]:
        """The mark of the step after the one that ended at `end_ns`; waits while others have their turn.

        None when training is over.

        Raises:
            RecorderGone: the recorder is no more.
        """
        self._index = index = self._index + 1
        start_ns = end_ns
        if index >= self._ends_at or (end_ns >= self._may_end_ns and index >= self._may_end_at):
            if not self._wait_for_turn():
                return None
            start_ns = self._turn_began_ns
        if index < self._cold_until or (start_ns < self._cold_until_ns and index < self._cold_at_most):
            flags = COLD
        else:
            flags = self._ahead.pop() if self._ahead else self._look_ahead()
        dark = flags & DARK
        if dark != self._last_was_dark:
            # A step pays for the record of the one before it: a dark one not for a lit one's, nor the other way round.
            self._last_was_dark = dark
            start_ns = time.perf_counter_ns()
        elif not dark and end_ns >= self._hand_over_ns:
            self._hand_over()
            start_ns = time.perf_counter_ns()  # what the records of many steps take belongs to none of them
            self._hand_over_ns = start_ns + HAND_OVER_NS
        return StepMark(index, start_ns, self._turn, flags)

    def _look_ahead(self) -> int:
        """The flags of the next step; those of the steps after it are kept."""
        self._ahead = self._blocks.flags() if self._blocks else [0] * TURN_STEPS
        return self._ahead.pop()

    def _wait_for_turn(self) -> bool:
        self._on_idle()
        ended_ns = time.perf_counter_ns() - self._origin_ns
        self._hand_over()
        if self._turn < 0:
            self.describe(compilations=self._compilations())
            self.reached("warm")
        else:
            self._stepping_ns += ended_ns + self._origin_ns - self._turn_began_ns
        self._take_probe()
        looked = self._look_at_accuracy()
        allocated, reserved, peak, reason = self._allocator()
        self._send(
            {
                "kind": "idle",
                "turn": self._turn,
                "began_ns": self._turn_began_ns - self._origin_ns,
                "ended_ns": ended_ns,
                "steps": self._index - self._turn_began_at,
                "dropped": self._dropped,
                "allocator": {"allocated": allocated, "reserved": reserved, "peak": peak, "reason": reason},
            }
        )
        grant = self._receive()
        self._turn = int(grant.get("turn", -1))
        steps = grant.get("steps")
        self._turn_began_at = self._index
        self._ends_at = math.inf if steps is None else self._index + steps
        self._may_end_at = self._index + TURN_STEPS
        self._turn_began_ns = time.perf_counter_ns()
        self._may_end_ns = self._turn_began_ns + TURN_NS
        if grant.get("rested") or self._probe is not None or looked:
            self._cold_until, self._cold_until_ns = self._index + COLD_STEPS, self._turn_began_ns + COLD_NS
            self._cold_at_most = math.inf if steps is None else self._index + steps // COLD_PART
        if grant["kind"] == "turn":
            return True
        self.reached("trained")
        return False

    def _take_probe(self) -> None:
        if self._probe is not None:
            forward_ns, backward_ns = self._probe()
            if self._turn >= 0:  # the first compiles
                self._send({"kind": "probe", "forward_ns": forward_ns, "backward_ns": backward_ns})

    def _look_at_accuracy(self) -> bool:
        """Whether it was looked at."""
        if self._accuracy is None:
            return False
        found = self._accuracy.look(self._index - WARM_UP_STEPS, self._stepping_ns)
        if found is not None:
            self._send({"kind": "accuracy", **found})
        return found is not None

    def _send(self, message: dict[str, Any]) -> None:
        message["t_ns"] = time.perf_counter_ns() - self._origin_ns
        try:
            self._control.sendall(encode(message))
        except OSError as error:
            raise RecorderGone from error

    def _receive(self) -> dict[str, Any]:
        while not self._waiting:
            try:
                data = self._control.recv(65536)
            except OSError as error:
                raise RecorderGone from error
            if not data:
                raise RecorderGone
            self._waiting.extend(self._incoming.feed(data))
        return self._waiting.pop(0)
