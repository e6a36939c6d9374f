"""The recorder: starts the lanes of each task, hands out turns, and writes what it hears."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from dlprof.profilers.collectors.gpu import GpuSampler
from dlprof.profilers.collectors.host import HostSampler
from dlprof.profilers.collectors.load import LoadMeter, LoadReading, disturbance
from dlprof.profilers.collectors.stacks import StackSampler
from dlprof.profilers.recorder import exit_cause
from dlprof.profilers.recorder.guardian import Guardian
from dlprof.profilers.recorder.lane_process import LaneProcess, Progress
from dlprof.profilers.recorder.plan import LanePlan, Plan, Prepare, TaskPlan
from dlprof.profilers.recorder.schedule import SCHEDULES, LaneLife
from dlprof.session.records import Event, Record, Run, Turn
from dlprof.session.writer import SessionWriter

COMMIT_SECONDS = 0.5
HORIZON_MARGIN_NS = 150_000_000
"""A lane hands its steps over every 100 ms; what ended this long before the pipes were read has arrived."""
SEGMENT_NS = 4_000_000_000
STALL_SECONDS = 120.0
START_SECONDS = 900.0
FINISH_SECONDS = 300.0
UNSAMPLED_SHARE = 0.25
"""Turns without stack sampling, at random, so that its cost can be weighed."""


class Recorder:
    """Records one plan into its session file."""

    def __init__(
        self, plan: Plan, writer: SessionWriter, prepare: Prepare, announce: Callable[[str], None] = lambda line: None
    ) -> None:
        self._plan, self._writer, self._prepare, self._announce = plan, writer, prepare, announce
        self._origin_ns = time.perf_counter_ns()
        self._pending: list[Record] = []
        self._lanes: list[LaneProcess] = []
        self._samplers: dict[int, StackSampler] = {}
        self._load = LoadMeter()
        self._segment_turns: dict[int, list[Turn]] = {}
        self._runs = 0
        self._all_completed = True
        self._stopping = False
        self._task_over = False
        self._random = random.Random(plan.seed)  # noqa: S311 - the order of turns, nothing secret
        self._sampling = random.Random(plan.seed)  # noqa: S311
        self._rested: set[int] = set()

    async def record(self) -> int:
        """Record to the end; the exit code (0 done, 1 a run failed, 130 interrupted)."""
        self._folder = Path(tempfile.mkdtemp(prefix="dlprof-"))
        self._guard = Guardian(self._folder)
        self._handle_signals()
        for what, reason in self._load.unavailable:
            self._event(None, "unavailable", {"what": what, "reason": reason})
        background = [
            asyncio.create_task(work) for work in (self._commit_often(), self._sample_host(), self._sample_gpu())
        ]
        interrupted = False
        try:
            await self._record_tasks()
        except asyncio.CancelledError:
            interrupted = True
            await self._interrupt()
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            for lane in self._lanes:
                lane.kill()
            for sampler in self._samplers.values():
                sampler.close()
            self._write()
            self._writer.finish(self._now_ns())
            shutil.rmtree(self._folder, ignore_errors=True)
            self._guard.tell("done")
        if interrupted:
            return 130
        return 0 if self._all_completed else 1

    def stop(self) -> None:
        """End cleanly: every lane finishes its turn and evaluates; tasks not yet begun are left out."""
        self._stopping = True

    def next_task(self) -> None:
        """Every lane of this task finishes its turn and evaluates; then the next task begins, if there is one."""
        self._task_over = True

    def interrupt(self) -> None:
        """End at once: lanes are killed, the session is finished."""
        if not self._main.cancelling():  # once: a second would break into the finishing
            self._main.cancel()

    def progress(self) -> list[Progress]:
        """How far the runs are that go on now."""
        return [lane.progress for lane in self._lanes if lane.returncode is None]

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        self._main = task
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.interrupt)
        loop.add_signal_handler(signal.SIGUSR1, self.stop)
        loop.add_signal_handler(signal.SIGUSR2, self.next_task)
        loop.add_signal_handler(signal.SIGHUP, lambda: None if self._plan.has_length else self.interrupt())

    async def _record_tasks(self) -> None:
        for task in self._plan.tasks:
            if self._stopping:
                return
            self._announce(f"{task.name}: preparing {self._plan.data_mb:g} MB of data")
            folder = self._folder / task.name
            folder.mkdir()
            facts = await asyncio.to_thread(self._prepare, task.name, folder, self._plan.data_mb, self._plan.seed)
            self._event(None, "prepared", {"task": task.name, **facts})
            await self._record_task(task, folder)

    async def _record_task(self, task: TaskPlan, folder: Path) -> None:
        self._task_over = False
        schedule, plans = SCHEDULES[self._plan.schedule], list(self._plan.lanes)
        for repeat in range(self._plan.repeat):
            if self._is_ending():
                return
            if repeat:
                self._random.shuffle(plans)
                self._announce(f"{task.name}: repeat {repeat + 1} of {self._plan.repeat}")
            life = LaneLife(
                partial(self._start, task, repeat, folder),
                self._warm_up,
                self._take_turn,
                self._pause,
                self._is_ending,
            )
            await schedule(plans, life, self._random)
            for lane in self._lanes:
                if lane.returncode is None:  # no schedule leaves one behind, and none may stay
                    await self._finish(lane)
            self._lanes = []

    async def _start(self, task: TaskPlan, repeat: int, folder: Path, plan: LanePlan) -> LaneProcess | None:
        self._oom_before = exit_cause.oom_kills()
        self._runs += 1
        run = Run(
            self._runs,
            plan.name,
            plan.framework,
            plan.backend,
            plan.mode,
            task.name,
            repeat,
            plan.device,
            task.batch_size,
        )
        self._pending.append(run)
        lane = LaneProcess(run, plan, self._pending.append, self._now_ns)
        if plan.missing:
            self._ended(lane, "unavailable", plan.missing)
            return None
        lane.status("starting")
        try:
            await lane.start(self._config(plan, run, folder))
        except OSError as error:
            self._ended(lane, "failed", f"cannot start {plan.interpreter}: {error.strerror}")
            return None
        self._guard.tell(f"add {lane.pid}")
        self._lanes.append(lane)
        return lane

    def _config(self, plan: LanePlan, run: Run, folder: Path) -> dict[str, Any]:
        return {
            "origin_ns": self._origin_ns,
            "tracer_pid": os.getpid(),
            "module": plan.module,
            "framework": plan.framework,
            "backend": plan.backend,
            "mode": plan.mode,
            "task": {"name": run.task},
            "device": plan.device,
            "batch_size": run.batch_size,
            "workers": self._plan.workers,
            "seed": self._plan.seed,
            "overhead_check": self._plan.overhead_check,
            "data_dir": str(folder),
        }

    async def _warm_up(self, lane: LaneProcess) -> bool:
        if await self._until_idle(lane, START_SECONDS) is None:
            await self._finish(lane)
            return False
        await self._begin_segment(lane)
        lane.status("ready")
        self._announce(f"{lane.run.task} {lane.run.lane}: warmed up")
        return True

    async def _take_turn(self, lane: LaneProcess, turn: int) -> bool:
        """One turn of one lane; whether it goes on."""
        waited, rested = lane.stopped, lane.run.id in self._rested
        self._rested.discard(lane.run.id)
        if waited:
            lane.resume()
        sampled = not self._plan.overhead_check or self._sampling.random() >= UNSAMPLED_SHARE
        self._sample_stacks(lane, sampled)
        if self._is_over(lane):
            await self._evaluate(lane)
            return False
        if turn == 0:
            lane.status("stepping")
        left = None if self._plan.steps is None else self._plan.steps - lane.steps_after_warm_up
        before = self._read_load()
        lane.grant(turn, waited or rested, left)
        message = await self._until_idle(lane, STALL_SECONDS)
        if message is None:
            await self._finish(lane)
            return False
        suffered = disturbance(before, self._read_load())
        record = Turn(
            lane.run.id,
            turn,
            message["began_ns"],
            message["ended_ns"],
            waited,
            sampled,
            others_cpu_ns=suffered.others_cpu_ns,
            steal_ns=suffered.steal_ns,
            throttled_ns=suffered.throttled_ns,
        )
        self._pending.append(record)
        self._segment_turns[lane.run.id].append(record)
        if self._is_over(lane):
            await self._evaluate(lane)
            return False
        if sum(t.end_ns - t.start_ns for t in self._segment_turns[lane.run.id]) >= SEGMENT_NS:
            await self._end_segment(lane)
            await self._begin_segment(lane)
            self._rested.add(lane.run.id)
        return True

    def _sample_stacks(self, lane: LaneProcess, sampled: bool) -> None:
        sampler = self._samplers[lane.run.id]
        sampler.resume() if sampled else sampler.pause()

    def _read_load(self) -> LoadReading:
        """Read what else the machine does; the lane whose turn it is stands at a boundary."""
        lanes = [lane.pid for lane in self._lanes if lane.returncode is None]
        samplers = [sampler.pid for sampler in self._samplers.values() if sampler.pid is not None]
        return self._load.read([*lanes, *samplers])

    def _is_ending(self) -> bool:
        return self._stopping or self._task_over

    def _is_over(self, lane: LaneProcess) -> bool:
        if self._is_ending():
            return True
        if self._plan.steps is not None and lane.steps_after_warm_up >= self._plan.steps:
            return True
        return self._plan.duration_s is not None and lane.stepping_ns >= self._plan.duration_s * 1e9

    async def _evaluate(self, lane: LaneProcess) -> None:
        await self._end_segment(lane)
        lane.finish()
        try:
            await asyncio.wait_for(lane.ended(), FINISH_SECONDS)
        except TimeoutError:
            lane.kill()
        await self._finish(lane)

    async def _finish(self, lane: LaneProcess) -> None:
        """Record how a lane ended; kill it if it has not."""
        if lane.returncode is None:
            lane.kill()
        code = await lane.ended()
        await self._end_segment(lane)
        self._guard.tell(f"drop {lane.pid}")
        if lane.raised is not None:
            self._ended(lane, "failed", lane.raised.splitlines()[0])
        elif code == 0 and lane.evaluated:
            self._ended(lane, "completed", None)
        else:
            self._ended(lane, *exit_cause.describe(code, self._oom_before, exit_cause.oom_kills()))

    def _ended(self, lane: LaneProcess, status: str, cause: str | None) -> None:
        self._all_completed = self._all_completed and status == "completed"
        lane.status(status, cause)
        self._announce(f"{lane.run.task} {lane.run.lane}: {status}" + (f": {cause}" if cause else ""))

    async def _until_idle(self, lane: LaneProcess, seconds: float) -> Mapping[str, Any] | None:
        """What the lane says at its next step boundary; None when it ended or did nothing for `seconds`."""
        while True:
            seen = lane.steps_seen
            try:
                return await asyncio.wait_for(lane.idle.get(), seconds) or None
            except TimeoutError:
                if lane.steps_seen == seen:
                    lane.raised = f"no step for {seconds:.0f} s: killed"
                    return None

    async def _interrupt(self) -> None:
        for lane in self._lanes:
            if lane.returncode is None:
                lane.kill()
                await lane.ended()
                await self._end_segment(lane)
                lane.status("interrupted", "the recording was interrupted")

    def _pause(self, lane: LaneProcess) -> None:
        lane.pause()
        self._samplers[lane.run.id].pause()

    async def _begin_segment(self, lane: LaneProcess) -> None:
        sampler = StackSampler(lane.pid, lane.run.id, self._plan.stacks_hz, self._folder, self._now_ns)
        self._samplers[lane.run.id] = sampler
        self._segment_turns[lane.run.id] = []
        await sampler.start()
        if sampler.pid is not None:
            self._guard.tell(f"add {sampler.pid}")

    async def _end_segment(self, lane: LaneProcess) -> None:
        sampler = self._samplers.pop(lane.run.id, None)
        if sampler is None:
            return
        turns = self._segment_turns.pop(lane.run.id, [])
        try:
            sampler.resume()
            segment = await sampler.end_segment(turns)
        finally:
            sampler.close()  # also when interrupted here: nobody else knows of it any more
            if sampler.pid is not None:
                self._guard.tell(f"drop {sampler.pid}")
        if turns:
            self._pending.append(segment)

    async def _sample_host(self) -> None:
        sampler = HostSampler()
        while True:
            runs = {lane.run.id: lane.pid for lane in self._lanes if lane.returncode is None}
            self._pending += await asyncio.to_thread(sampler.sample, runs, self._now_ns)
            await asyncio.sleep(1.0)

    async def _sample_gpu(self) -> None:
        sampler = await asyncio.to_thread(GpuSampler)
        if sampler.reason is not None:
            self._event(None, "unavailable", {"what": "gpu memory", "reason": sampler.reason})
            return
        try:
            while True:
                runs = {lane.run.id: lane.process_tree() for lane in self._lanes if lane.returncode is None}
                samples = await asyncio.to_thread(sampler.sample, runs, self._now_ns)
                self._pending += [*samples.devices, *samples.processes, *samples.loads]
                await asyncio.sleep(1.0)
        finally:
            sampler.close()

    async def _commit_often(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            horizon = self._now_ns() - HORIZON_MARGIN_NS
            for lane in self._lanes:
                lane.drain()
            self._write()
            self._writer.commit(max(horizon, 0))

    def _write(self) -> None:
        records, self._pending[:] = list(self._pending), []
        self._writer.add(records)

    def _event(self, run: int | None, kind: str, data: Mapping[str, Any]) -> None:
        self._pending.append(Event(self._now_ns(), run, kind, data))

    def _now_ns(self) -> int:
        return time.perf_counter_ns() - self._origin_ns
