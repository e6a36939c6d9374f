"""One training process as the recorder sees it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

from dlprof.profilers.agent.wire import MISSING, LineBuffer, StepBuffer, encode
from dlprof.profilers.recorder.guard import kill_marked
from dlprof.profilers.recorder.output_tail import TAIL, OutputTail
from dlprof.profilers.recorder.plan import LanePlan
from dlprof.profilers.recorder.programs import environment, program
from dlprof.session.disturbance import are_most
from dlprof.session.records import AllocatorMemory, Event, Probe, Record, Run, Step
from dlprof.session.rows import whole
from dlprof.session.text import clean, clean_line

_PIPE_BYTES = 1 << 20
_READ = 1 << 16
_MOST_READS = 2 * _PIPE_BYTES // _READ
"""In a row: a lane that writes as fast as it is read must not keep the recorder from the others."""
_OF_A_TURN = ("turn", "began_ns", "ended_ns", "steps", "dropped")
_LANE = "dlprof.profilers.agent.main"


@dataclass(frozen=True)
class Progress:
    """How far a run is after its warm-up."""

    task: str
    lane: str
    steps: int
    stepping_ns: int
    turns: int
    disturbed: int
    """Turns that something outside the lane disturbed."""

    @property
    def is_mostly_disturbed(self) -> bool:
        """Whether so many of its turns were that little can be said of it."""
        return are_most(self.disturbed, self.turns)


class LaneProcess:
    """Starts, hears, stops and continues one lane. Everything it hears goes to `add` as records."""

    def __init__(
        self, run: Run, plan: LanePlan, recording: str, add: Callable[[Record], None], now_ns: Callable[[], int]
    ) -> None:
        """`recording`: a name that no other recording on this machine has; it marks the lane's processes."""
        self.run = run
        self.plan = plan
        self.idle: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        """What the lane says at the end of each turn; an empty mapping when the process has ended."""
        self.steps_seen = 0
        self.stepping_ns = 0
        self.steps_after_warm_up = 0
        self._turns = self._disturbed = 0
        self.stopped = False
        self.raised: str | None = None
        self.evaluated = False
        self.predicted = False
        """Whether its predictions of the held-out data are written."""
        self.settled = False
        """Whether the run is completed, whatever becomes of the process that saves its model."""
        self.formats: tuple[str, ...] = ()
        """In which it can save its model, as it says."""
        self.task: Mapping[str, Any] = {}
        """What it was told of its task."""
        self.over = False
        """Whether it is recorded how the run ended."""
        self.after_training: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        """What the lane says of its deployment; an empty mapping when the process has ended."""
        self._add, self._now_ns = add, now_ns
        self.mark = f"{recording}.{run.id}."
        self._lines, self._records = LineBuffer(), StepBuffer()

    async def start(self, config: Mapping[str, Any]) -> None:
        """Start the process in a group of its own and send it `config`."""
        self._control, theirs = socket.socketpair()
        self._steps_fd, their_steps = os.pipe()
        self._control.setblocking(False)
        os.set_blocking(self._steps_fd, False)
        _enlarge(self._steps_fd)
        self._output = {"stdout": OutputTail(), "stderr": OutputTail()}
        try:
            self._process = await asyncio.create_subprocess_exec(
                *program(self.plan.interpreter, _LANE, str(theirs.fileno()), str(their_steps)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=self._output["stdout"].write_end,
                stderr=self._output["stderr"].write_end,
                pass_fds=(theirs.fileno(), their_steps),
                start_new_session=True,
                env=environment(self.plan, self.mark),
            )
        except (OSError, asyncio.CancelledError):
            self._close()
            raise
        finally:
            theirs.close()
            os.close(their_steps)
            for output in self._output.values():
                output.give_away()
        for output in self._output.values():
            output.follow()
        self.task = config["task"]
        self._send(dict(config))
        asyncio.get_running_loop().add_reader(self._control.fileno(), self._hear)
        self._watch = asyncio.create_task(self._wait())

    @property
    def pid(self) -> int:
        """The process id; it leads the process group of the same number."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.returncode

    @property
    def progress(self) -> Progress:
        """How far it is, as of the end of its last turn."""
        return Progress(
            self.run.task, self.run.lane, self.steps_after_warm_up, self.stepping_ns, self._turns, self._disturbed
        )

    def had_turn(self, disturbed: bool) -> None:
        """Count a turn; `disturbed`: whether by something outside the lane."""
        self._turns += 1
        self._disturbed += disturbed

    @property
    def disturbed_mostly(self) -> str:
        """A remark where most of its turns were disturbed, else nothing."""
        if not self.progress.is_mostly_disturbed:
            return ""
        return f"; {self._disturbed} of {self._turns} turns were disturbed from outside"

    def status(self, status: str, cause: str | None = None) -> None:
        """Record a change of status."""
        self._add(Event(self._now_ns(), self.run.id, "status", {"status": status, "cause": cause}))

    def grant(self, turn: int, rested: bool, steps: int | None) -> None:
        """Let the lane step for one turn, at most `steps` steps. `rested`: it stood still before, and starts cold."""
        self._send({"kind": "turn", "turn": turn, "rested": rested, "steps": steps})

    def finish(self) -> None:
        """Ask the lane to stop training, evaluate and exit."""
        self._send({"kind": "finish"})

    def save(self) -> None:
        """Let the lane save its model."""
        self._send({"kind": "save"})

    def pause(self) -> None:
        """Stop the whole process group."""
        self.stopped = True
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Continue the whole process group."""
        self.stopped = False
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill the whole process group; a stopped one too."""
        self._signal(signal.SIGKILL)

    async def ended(self) -> int:
        """Wait for the end of the process, its output and its children; its exit code."""
        await asyncio.shield(self._watch)
        return self._process.returncode if self._process.returncode is not None else 1

    def drain(self) -> None:
        """Read what the lane has written by now. Steps wait for this: a wake-up for each would slow the lane."""
        self._hear()
        self._read_steps()

    async def _wait(self) -> None:
        await self._process.wait()
        self.kill()  # loader workers outlive their trainer
        await asyncio.to_thread(kill_marked, self.mark)  # and so do those that left its group
        self.drain()
        for stream, tail in self._close().items():
            if text := clean(tail, TAIL):
                self._add(Event(self._now_ns(), self.run.id, "output", {"stream": stream, "tail": text}))
        self.idle.put_nowait({})
        self.after_training.put_nowait({})

    def _close(self) -> dict[str, str]:
        """Close this end of everything; the tail of each stream."""
        asyncio.get_running_loop().remove_reader(self._control.fileno())
        self._control.close()
        os.close(self._steps_fd)
        self._steps_fd = -1
        return {stream: output.close() for stream, output in self._output.items()}

    def _hear(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            for _ in range(_MOST_READS if self._control.fileno() >= 0 else 0):
                data = self._control.recv(_READ)
                if not data:
                    asyncio.get_running_loop().remove_reader(self._control.fileno())
                    return
                for message in self._lines.feed(data):
                    # One of another shape is left out, as a line without a message is.
                    with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
                        self._heard(message)

    def _heard(self, message: dict[str, Any]) -> None:
        kind, t_ns = message.pop("kind", None), whole(message.pop("t_ns", self._now_ns()))
        if kind == "idle":
            self._heard_idle(message, t_ns)
        elif kind == "probe":
            self._add(Probe(self.run.id, t_ns, whole(message["forward_ns"]), whole(message["backward_ns"])))
        elif kind == "status":
            self.evaluated = self.evaluated or message.get("status") == "evaluating"
            self._add(Event(t_ns, self.run.id, "status", {"status": str(message.get("status")), "cause": None}))
        elif kind == "predicted":
            self.predicted = True
        elif kind == "deploys":
            self.formats = tuple(str(name) for name in message["formats"])
            self.after_training.put_nowait({"kind": kind})
        elif kind == "saved":
            self.after_training.put_nowait(message)
        elif kind in ("described", "error", "accuracy"):
            if kind == "error":
                self.raised = f"{message.get('type')}: {message.get('message')}"
            self._add(Event(t_ns, self.run.id, kind, message))

    def _heard_idle(self, message: dict[str, Any], t_ns: int) -> None:
        self._read_steps()
        turn, began_ns, ended_ns, steps, dropped = (whole(message[key]) for key in _OF_A_TURN)
        if turn >= 0:
            self.stepping_ns += ended_ns - began_ns
            self.steps_after_warm_up += steps
        if dropped:
            self._add(Event(t_ns, self.run.id, "dropped", {"steps": dropped}))
        allocator = message["allocator"]
        sizes = (allocator.get(key) for key in ("allocated", "reserved", "peak"))
        allocated, reserved, peak = (None if size is None else whole(size) for size in sizes)
        reason = None if allocator.get("reason") is None else clean_line(str(allocator["reason"]))
        self._add(AllocatorMemory(self.run.id, t_ns, allocated, reserved, peak, reason))
        self.idle.put_nowait(message)

    def _read_steps(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(_MOST_READS if self._steps_fd >= 0 else 0):
                data = os.read(self._steps_fd, _READ)
                if not data:
                    return
                for fields in self._records.feed(data):
                    self._add(_step(self.run.id, fields))
                    self.steps_seen += 1

    def _send(self, message: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError):  # the lane is gone: its exit code tells more
            self._control.sendall(encode(dict(message)))

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def _enlarge(pipe: int) -> None:
    with contextlib.suppress(AttributeError, OSError):  # Linux only, and only up to the user's limit
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _step(run: int, fields: tuple[Any, ...]) -> Step:
    index, turn, flags, start_ns, total_ns, *phases, loss = fields
    data, forward, backward, optimizer = (None if ns == MISSING else ns for ns in phases)
    known = None if isnan(loss) else loss
    return Step(run, index, start_ns, total_ns, data, forward, backward, optimizer, known, flags, turn)
