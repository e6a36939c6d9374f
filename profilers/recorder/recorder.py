"""The recorder: starts the lanes of each task, hands out turns, and writes what it hears."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from dlprof.profilers.collectors.load import LoadMeter, LoadReading, disturbance
from dlprof.profilers.recorder import exit_cause, working_folder
from dlprof.profilers.recorder.collecting import collect_gpus, collect_host
from dlprof.profilers.recorder.committing import Committing
from dlprof.profilers.recorder.deployment import Deployment
from dlprof.profilers.recorder.evaluator import Evaluator
from dlprof.profilers.recorder.guardian import Guardian
from dlprof.profilers.recorder.lane_process import LaneProcess, Progress
from dlprof.profilers.recorder.plan import LanePlan, Plan, TaskPlan, Workloads
from dlprof.profilers.recorder.preparing import announcement, prepared
from dlprof.profilers.recorder.sampled_turns import turns_to_sample
from dlprof.profilers.recorder.schedule import SCHEDULES, LaneLife
from dlprof.profilers.recorder.stack_segments import StackSegments
from dlprof.profilers.recorder.watchdog import PATIENCE, Patience, next_boundary
from dlprof.session.disturbance import is_disturbed
from dlprof.session.errors import SessionError
from dlprof.session.records import FAILED_STATUSES, INTERRUPTED, STOPPED, Event, Run, Turn
from dlprof.session.writer import SessionWriter


class Recorder:
    """Records one plan into its session file."""

    def __init__(
        self,
        plan: Plan,
        writer: SessionWriter,
        workloads: Workloads,
        announce: Callable[[str], None] = lambda line: None,
        patience: Patience = PATIENCE,
    ) -> None:
        self._plan, self._writer, self._workloads, self._announce = plan, writer, workloads, announce
        self._patience = patience
        self._origin_ns = time.perf_counter_ns()
        self._session = Committing(writer, self._drain, self._now_ns, self._cannot_write)
        self._lanes: list[LaneProcess] = []
        self._load = LoadMeter()
        self._runs = 0
        self._none_failed = True
        self._failure: SessionError | None = None
        self._finishing = False
        self._stopping = False
        self._task_over = False
        self._random = random.Random(plan.seed)  # noqa: S311 - the order of turns, nothing secret
        self._is_sampled = turns_to_sample(plan)
        self._rested: set[int] = set()

    async def record(self) -> int:
        """Record to the end; the exit code (0 done, 1 a run failed, 130 interrupted).

        Raises:
            SessionError: the session, or what lanes need beside it, could not be written. Everything has ended.
        """
        self._handle_signals()
        self._folder = working_folder.make()
        self._guard = Guardian(self._folder, self._writer.path)
        self._stacks = StackSegments(self._plan.stacks_hz, self._folder, self._guard, self._session.add, self._now_ns)
        self._evaluator = Evaluator(self._workloads.evaluation, self._folder.name, self._patience.finish_s)
        self._deployment = Deployment(self._workloads, self._folder, self._patience.format_s, self._event)
        for what, reason in self._load.unavailable:
            self._event(None, "unavailable", {"what": what, "reason": reason})
        background = [
            asyncio.create_task(self._session.without_turns()),
            self._collect("host memory", collect_host(self._running, self._session.add, self._now_ns)),
            self._collect(
                "gpu memory",
                collect_gpus(self._running, self._session.add, self._now_ns, self._patience.answer_s),
            ),
        ]
        interrupted = False
        try:
            await self._record_tasks()
        except asyncio.CancelledError:
            interrupted = True
            await self._interrupt()
        except SessionError as error:
            self._failure = error
        finally:
            await self._finish_session(background)
        if self._failure is not None:
            raise self._failure
        if interrupted:
            return 130
        return 0 if self._none_failed else 1

    async def _finish_session(self, background: Sequence[asyncio.Task[None]]) -> None:
        self._finishing = True
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        for lane in self._lanes:
            lane.kill()
        self._stacks.close()
        await self._evaluator.close()
        try:
            self._session.finish()
        except SessionError as error:
            self._failure = error
        shutil.rmtree(self._folder, ignore_errors=True)
        self._guard.tell("done")

    def stop(self) -> None:
        """End cleanly: every lane finishes its turn and evaluates; tasks not yet begun are left out."""
        self._stopping = True

    def next_task(self) -> None:
        """Every lane of this task finishes its turn and evaluates; then the next task begins, if there is one."""
        self._task_over = True

    def interrupt(self) -> None:
        """End at once: lanes are killed, the session is finished."""
        if not self._main.cancelling() and not self._finishing:  # nothing breaks into the finishing
            self._main.cancel()

    def progress(self) -> list[Progress]:
        """How far the runs are that go on now."""
        return [lane.progress for lane in self._running()]

    def _running(self) -> list[LaneProcess]:
        return [lane for lane in self._lanes if lane.returncode is None]

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
            self._announce(announcement(self._plan, task))
            folder = self._folder / task.name
            facts = await prepared(self._workloads, self._plan, task, folder)
            self._event(None, "prepared", {"task": task.name, **facts})
            await self._record_task(replace(task, labels=facts.get("labels")), folder)

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
                self._deploy,
                self._pause,
                self._is_ending,
            )
            await schedule(plans, life, self._random)
            for lane in [lane for lane in self._lanes if not lane.over]:  # no schedule leaves one behind
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
        self._session.add(run)
        lane = LaneProcess(run, plan, self._folder.name, self._session.add, self._now_ns)
        if plan.missing:
            self._ended(lane, "unavailable", plan.missing)
            return None
        lane.status("starting")
        try:
            await lane.start(self._config(plan, run, task, folder))
        except OSError as error:
            self._ended(lane, "failed", f"cannot start {plan.interpreter}: {error.strerror}")
            return None
        except asyncio.CancelledError:
            lane.status(INTERRUPTED, self._why_interrupted())
            raise
        self._guard.tell(f"add {lane.pid}")
        self._lanes.append(lane)
        return lane

    def _config(self, plan: LanePlan, run: Run, task: TaskPlan, folder: Path) -> dict[str, Any]:
        return {
            "origin_ns": self._origin_ns,
            "tracer_pid": os.getpid(),
            "module": plan.module,
            "framework": plan.framework,
            "backend": plan.backend,
            "mode": plan.mode,
            "task": task.told,
            "device": plan.device,
            "batch_size": run.batch_size,
            "workers": self._plan.workers,
            "seed": self._plan.seed,
            "overhead_check": self._plan.overhead_check,
            "deploy": self._plan.deploy,
            "target_accuracy": self._plan.target_accuracy,
            "data_dir": str(folder),
            "run_dir": str(working_folder.make_of_run(self._folder, run.id)),
        }

    async def _warm_up(self, lane: LaneProcess) -> bool:
        if await next_boundary(lane, self._patience.start_s) is None:
            await self._finish(lane)
            return False
        await self._stacks.begin(lane)
        lane.status("ready")
        self._announce(f"{lane.run.task} {lane.run.lane}: warmed up")
        return True

    async def _take_turn(self, lane: LaneProcess, turn: int) -> bool:
        """One turn of one lane; whether it goes on."""
        waited, rested = lane.stopped, lane.run.id in self._rested
        self._rested.discard(lane.run.id)
        if waited:
            lane.resume()
        sampled = self._is_sampled(lane.run.id)
        self._stacks.resume(lane) if sampled else self._stacks.pause(lane)
        if self._is_over(lane):
            await self._evaluate(lane)
            return False
        if turn == 0:
            lane.status("stepping")
        left = None if self._plan.steps is None else self._plan.steps - lane.steps_after_warm_up
        before = self._read_load()
        lane.grant(turn, waited or rested, left)
        message = await next_boundary(lane, self._patience.stall_s)
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
        self._session.add(record)
        lane.had_turn(is_disturbed(record, self._load.cores))
        self._session.between_turns()
        segment_is_over = self._stacks.had(record)
        if self._is_over(lane):
            await self._evaluate(lane)
            return False
        if segment_is_over:
            await self._stacks.end(lane)
            await self._stacks.begin(lane)
            self._rested.add(lane.run.id)
        return True

    def _read_load(self) -> LoadReading:
        """Read what else the machine does; the lane whose turn it is stands at a boundary."""
        lanes = [lane.pid for lane in self._running()]
        return self._load.read([*lanes, *self._stacks.pids, *self._evaluator.pids])

    def _is_ending(self) -> bool:
        return self._stopping or self._task_over

    def _is_over(self, lane: LaneProcess) -> bool:
        return self._is_ending() or self._plan.is_reached(lane.steps_after_warm_up, lane.stepping_ns)

    async def _evaluate(self, lane: LaneProcess) -> None:
        await self._stacks.end(lane)
        lane.finish()
        waits_to_deploy: Mapping[str, Any] = {}
        try:
            async with asyncio.timeout(self._patience.finish_s):
                waits_to_deploy = await lane.after_training.get()
        except TimeoutError:
            lane.raised = f"did not evaluate and end within {self._patience.finish_s:g} s: killed"
        if lane.predicted:
            targets = self._folder / lane.run.task / working_folder.TARGETS
            logits = working_folder.of_run(self._folder, lane.run.id) / working_folder.LOGITS
            self._event(lane.run.id, "metrics", await self._evaluator.metrics(logits, targets))
        if not waits_to_deploy:
            await self._finish(lane)

    async def _deploy(self, lane: LaneProcess) -> None:
        if not lane.over:
            self._announce(f"{lane.run.task} {lane.run.lane}: deploying")
            await self._deployment.deploy(lane)
            await self._finish(lane)

    async def _finish(self, lane: LaneProcess) -> None:
        """Record how a lane ended; kill it if it has not."""
        if lane.returncode is None:
            lane.kill()
        code = await lane.ended()
        await self._stacks.end(lane)
        shutil.rmtree(working_folder.of_run(self._folder, lane.run.id), ignore_errors=True)
        self._guard.tell(f"drop {lane.pid}")
        if lane.raised is not None:
            self._ended(lane, "failed", lane.raised.splitlines()[0])
        elif lane.settled or (code == 0 and lane.evaluated):
            length = lane.steps_after_warm_up, lane.stepping_ns
            if self._plan.has_length and not self._plan.is_reached(*length):
                self._ended(lane, STOPPED, f"after {self._plan.how_far(*length)}, as asked")
            else:
                self._ended(lane, "completed", None)
        else:
            self._ended(lane, *exit_cause.describe(code, self._oom_before, exit_cause.oom_kills()))

    def _ended(self, lane: LaneProcess, status: str, cause: str | None) -> None:
        self._none_failed = self._none_failed and status not in FAILED_STATUSES
        lane.status(status, cause)
        lane.over = True
        how = f"{status}: {cause}" if cause else status
        self._announce(f"{lane.run.task} {lane.run.lane}: {how}{lane.disturbed_mostly}")

    async def _interrupt(self) -> None:
        for lane in [lane for lane in self._lanes if not lane.over]:
            if lane.returncode is None:
                lane.kill()
            await lane.ended()
            await self._stacks.end(lane)
            lane.status(INTERRUPTED, self._why_interrupted())

    def _why_interrupted(self) -> str:
        return "the recording was interrupted" if self._failure is None else str(self._failure)

    def _pause(self, lane: LaneProcess) -> None:
        lane.pause()
        self._stacks.pause(lane)

    def _collect(self, what: str, collector: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a collector; one that fails is said in the session, and the recording goes on."""

        def note(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                reason = f"the collector failed: {type(error).__name__}: {error}"
                self._event(None, "unavailable", {"what": what, "reason": reason})

        task = asyncio.create_task(collector)
        task.add_done_callback(note)
        return task

    def _drain(self) -> None:
        for lane in self._lanes:
            lane.drain()

    def _cannot_write(self, error: SessionError) -> None:
        self._failure = error
        self.interrupt()

    def _event(self, run: int | None, kind: str, data: Mapping[str, Any]) -> None:
        self._session.add(Event(self._now_ns(), run, kind, data))

    def _now_ns(self) -> int:
        return time.perf_counter_ns() - self._origin_ns
