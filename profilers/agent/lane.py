"""A lane as its training loop sees it: where steps are recorded, and the gate between them."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any, Optional

from dlprof.profilers.agent.blocks import Blocks
from dlprof.profilers.agent.protocol import COLD, COMPILED, DARK, WARM_UP, Allocation, ProbeTimes, StepMark
from dlprof.profilers.agent.wire import MISSING, STEP, LineBuffer, encode

WARM_UP_STEPS = 12
WARM_UP_DARK = range(4, 8)
"""Warm-up steps that run dark: what is compiled for dark steps is compiled before it counts."""
COLD_STEPS = 4
"""Steps after a wait that run cold: on a 1.3 ms step the second to fourth were measured 10-23 % slow."""
TURN_NS = 250_000_000
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
        self._steps_in_turn = 0
        self._cold_steps = 0
        self._steps_left: Optional[int] = None
        self._on_idle: Callable[[], None] = lambda: None
        self._allocator: Callable[[], Allocation] = lambda: (None, None, None, "the lane does not say")
        self._compilations: Callable[[], int] = lambda: 0
        self._compiled = 0
        self._probe: Optional[Callable[[], ProbeTimes]] = None
        self._dark: list[tuple[StepMark, int]] = []
        self._last_was_dark = False
        self._origin_ns = 0
        self.reached: Callable[[str], None] = lambda stage: None
        """Called with `built` before the first step, `warm` after the warm-up, `trained` after the last step."""
        self.config: Mapping[str, Any] = self._receive()
        self._origin_ns = int(self.config["origin_ns"])
        self._blocks = Blocks(int(self.config["seed"])) if self.config["overhead_check"] else None

    def status(self, status: str) -> None:
        """Say what the lane does now."""
        self._send({"kind": "status", "status": status})

    def describe(self, **facts: Any) -> None:
        """Say facts of the run: version, parameters, threads, input, clocks, reasons."""
        self._send({"kind": "described", **facts})

    def metrics(self, **values: float) -> None:
        """Say how good the trained model is on held-out data."""
        self._send({"kind": "metrics", **values})

    def failed(self, kind: str, message: str, traceback: str) -> None:
        """Say what the lane raised."""
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
        self.reached("built")
        self._turn_began_ns = time.perf_counter_ns()
        return StepMark(0, self._turn_began_ns, self._turn, WARM_UP)

    def record(
        self,
        mark: StepMark,
        total_ns: int,
        data_ns: Optional[int],
        forward_ns: Optional[int],
        backward_ns: Optional[int],
        optimizer_ns: Optional[int],
        loss: Optional[float],
    ) -> None:
        """Hand one finished step over. Never blocks: where the pipe is full the step is dropped and counted."""
        self._flush_dark()
        compiled = self._compilations()
        flags = mark.flags if compiled == self._compiled else mark.flags | COMPILED
        self._compiled = compiled
        self._write(
            mark.number,
            mark.turn,
            flags,
            mark.start_ns - self._origin_ns,
            total_ns,
            MISSING if data_ns is None else data_ns,
            MISSING if forward_ns is None else forward_ns,
            MISSING if backward_ns is None else backward_ns,
            MISSING if optimizer_ns is None else optimizer_ns,
            math.nan if loss is None else loss,
        )

    def record_dark(self, mark: StepMark, end_ns: int) -> None:
        """Keep a step without stamps; written when its block is over, so that the writing is in no dark step."""
        self._dark.append((mark, end_ns))

    def _flush_dark(self) -> None:
        for mark, end_ns in self._dark:
            start_ns = mark.start_ns - self._origin_ns
            total_ns = end_ns - mark.start_ns
            self._write(mark.number, mark.turn, mark.flags, start_ns, total_ns, *4 * (MISSING,), math.nan)
        self._dark.clear()

    def _write(self, *fields: Any) -> None:
        try:
            os.write(self._steps_fd, STEP.pack(*fields))
        except BlockingIOError:
            self._dropped += 1

    def next_step(self, end_ns: int) -> Optional[StepMark]:
        """The mark of the step after the one that ended at `end_ns`; waits while others have their turn.

        None when training is over.

        Raises:
            RecorderGone: the recorder is no more.
        """
        self._index += 1
        self._steps_in_turn += 1
        start_ns = end_ns
        if self._turn_is_over(end_ns):
            if not self._wait_for_turn():
                return None
            start_ns = self._turn_began_ns
        flags = self._flags()
        if bool(flags & DARK) != self._last_was_dark:
            # A step pays for the record of the one before it: a dark one not for a lit one's, nor the other way round.
            self._flush_dark()
            start_ns = time.perf_counter_ns()
        self._last_was_dark = bool(flags & DARK)
        return StepMark(self._index, start_ns, self._turn, flags)

    def _flags(self) -> int:
        if self._turn < 0:
            return WARM_UP | DARK if self._blocks and self._index in WARM_UP_DARK else WARM_UP
        if self._steps_in_turn < self._cold_steps:
            return COLD
        return DARK if self._blocks and self._blocks.dark() else 0

    def _turn_is_over(self, now_ns: int) -> bool:
        if self._turn < 0:
            return self._steps_in_turn >= WARM_UP_STEPS
        if self._steps_left is not None and self._steps_in_turn >= self._steps_left:
            return True
        return self._steps_in_turn >= TURN_STEPS and now_ns - self._turn_began_ns >= TURN_NS

    def _wait_for_turn(self) -> bool:
        self._on_idle()
        self._flush_dark()
        ended_ns = time.perf_counter_ns() - self._origin_ns
        if self._turn < 0:
            self.reached("warm")
        self._take_probe()
        allocated, reserved, peak, reason = self._allocator()
        self._send(
            {
                "kind": "idle",
                "turn": self._turn,
                "began_ns": self._turn_began_ns - self._origin_ns,
                "ended_ns": ended_ns,
                "steps": self._steps_in_turn,
                "dropped": self._dropped,
                "allocator": {"allocated": allocated, "reserved": reserved, "peak": peak, "reason": reason},
            }
        )
        grant = self._receive()
        self._turn = int(grant.get("turn", -1))
        self._steps_left = grant.get("steps")
        self._cold_steps = COLD_STEPS if grant.get("rested") or self._probe is not None else 0
        self._steps_in_turn = 0
        self._turn_began_ns = time.perf_counter_ns()
        if grant["kind"] == "turn":
            return True
        self.reached("trained")
        return False

    def _take_probe(self) -> None:
        if self._probe is not None:
            forward_ns, backward_ns = self._probe()
            if self._turn >= 0:  # the first compiles
                self._send({"kind": "probe", "forward_ns": forward_ns, "backward_ns": backward_ns})

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
