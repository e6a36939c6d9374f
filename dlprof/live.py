"""Puts the viewer together with what it needs: lists of lanes and tasks, a way to start a recorder, sessions."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from dlprof.cli import sessions_folder
from dlprof.lanes import DEFAULT_LANES, KNOWN_LANES, LaneSpec
from dlprof.options import Misuse, chosen_lanes, resolve_plan
from dlprof.profilers.collectors.gpu import GpuSampler
from dlprof.profilers.recorder.interpreters import why_missing
from dlprof.profilers.recorder.plan import Plan
from dlprof.session import store
from dlprof.session.file import SessionReader
from dlprof.session.text import clean_line
from dlprof.tui.app import DlprofApp
from dlprof.tui.contracts import CannotStart, Choice, LaneChoice, RecentSession, Setup, TaskChoice
from dlprof.tui.feed import Feed
from dlprof.workloads.tasks import TASKS


class RecorderProcess:
    """A recorder in a process of its own: the viewer's end, or a stalled terminal, does not touch it."""

    def __init__(self, plan: Plan) -> None:
        self.path = Path(plan.path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dlprof.recording"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self._say(plan.to_json())

    def is_recording(self) -> bool:
        """Whether the recorder runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End cleanly, after the lanes have evaluated."""
        self._say("stop")

    def next_task(self) -> None:
        """Finish the task that is being trained and go on to the next."""
        self._say("next")

    def let_go(self) -> None:
        """Run on when the viewer is gone."""
        self._say("detach")

    def failure(self) -> str | None:
        """The recorder's last words where it ended without a session."""
        if self.is_recording() or self._process.stderr is None:
            return None
        lines = self._process.stderr.read().splitlines()
        return clean_line(lines[-1]) if lines else None

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return


def live_app(options: argparse.Namespace) -> DlprofApp:
    """The app that begins with the set-up screen, filled in from `options`.

    Raises:
        Misuse: a lane in `options` is unknown, or two have one name.
    """
    asked = chosen_lanes(options)
    lanes = (*asked, *(lane for lane in KNOWN_LANES if lane not in asked))
    return DlprofApp(
        Setup(
            lanes=tuple(_lane(lane, lane in (asked or DEFAULT_LANES)) for lane in lanes),
            tasks=tuple(TaskChoice(task.name, task.title) for task in TASKS.values()),
            devices=_devices(),
            recent=_recent,
            start=lambda choice: _recorder(_chosen(options, choice)),
            command=lambda choice: _command(options, choice),
            seconds=options.duration,
        )
    )


def _recorder(options: argparse.Namespace) -> RecorderProcess:
    try:
        return RecorderProcess(resolve_plan(options, None))
    except Misuse as error:
        raise CannotStart(str(error)) from error


def viewing_app(path: Path, options: argparse.Namespace) -> DlprofApp:
    """The app on one session."""
    SessionReader(path)  # one clear line now, not a screen that shows it
    feed = Feed(path, lambda: store.summary(path).live)
    try:
        return DlprofApp(feed, options.refresh, options.theme)
    except Exception as error:
        raise Misuse(f"--theme {options.theme}: no such theme") from error


def _lane(lane: LaneSpec, chosen: bool) -> LaneChoice:
    missing = why_missing(sys.executable, lane.framework, lane.backend, own=True)
    if missing:
        return LaneChoice(str(lane), None, missing.partition(": ")[2], chosen=False)
    return LaneChoice(str(lane), metadata.version(lane.framework), None, chosen)


def _devices() -> tuple[str, ...]:
    sampler = GpuSampler()
    devices = sampler.cuda_devices()
    sampler.close()
    return ("cpu", *devices)


def _recent() -> tuple[RecentSession, ...]:
    return tuple(
        RecentSession(s.path, clean_line(f"{s.started_at[:16]}  {s.name}  {', '.join(s.tasks)}  {', '.join(s.lanes)}"))
        for s in store.sessions_in(sessions_folder())[:20]
        if s.problem is None
    )


def _chosen(options: argparse.Namespace, choice: Choice) -> argparse.Namespace:
    chosen = {
        "lanes": ",".join(choice.lanes),
        "tasks": ",".join(choice.tasks),
        "device": choice.device,
        "duration": choice.duration_s,
        "steps": options.steps if choice.duration_s is None else None,
    }
    return argparse.Namespace(**{**vars(options), **chosen})


def _command(options: argparse.Namespace, choice: Choice) -> str:
    words = ["dlprof", "--record", "--lanes", ",".join(choice.lanes), "--tasks", ",".join(choice.tasks)]
    if choice.device != "auto":
        words += ["--device", choice.device]
    if choice.duration_s is not None:
        words += ["--duration", f"{choice.duration_s:g}s"]
    elif options.steps is not None:
        words += ["--steps", str(options.steps)]
    if options.schedule != "turns":
        words += ["--schedule", options.schedule]
    if options.repeat > 1:
        words += ["--repeat", str(options.repeat)]
    return shlex.join(words)
