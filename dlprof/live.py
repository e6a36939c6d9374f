"""Puts the viewer together with what it needs: lists of lanes and tasks, a way to start a recorder, sessions."""

from __future__ import annotations

import argparse
import shlex
import sys
from importlib import metadata
from itertools import islice
from pathlib import Path

from dlprof.cli import sessions_folder
from dlprof.control import RecorderProcess, WatchedRecorder
from dlprof.lanes import DEFAULT_LANES, KNOWN_LANES, LaneSpec, parse_lane
from dlprof.options import (
    Misuse,
    chosen_lanes,
    chosen_tasks,
    known_devices,
    planned_lanes,
    recording_options,
    resolve_plan,
)
from dlprof.profilers.recorder.interpreters import why_missing
from dlprof.profilers.recorder.plan import LanePlan
from dlprof.session import store
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.text import clean_line
from dlprof.tui.app import DlprofApp
from dlprof.tui.contracts import CannotStart, Choice, LaneChoice, RecentSession, Setup, TaskChoice
from dlprof.tui.feed import Feed
from dlprof.workloads.tasks import TASKS

ON_SCREEN = ("lanes", "tasks", "device", "duration", "steps")
"""The options that have a field of their own on the set-up screen."""


def live_app(options: argparse.Namespace) -> DlprofApp:
    """The app that begins with the set-up screen, filled in from `options`.

    Raises:
        Misuse: an unknown lane, task, device or interpreter. With nothing installed and no lane asked for, the screen
            says how to install a framework, and replays.
    """
    asked = chosen_lanes(options)
    known = (*asked, *(lane for lane in KNOWN_LANES if lane not in asked))
    offered = {str(lane): _own_lane(lane) for lane in known}
    written = {lane.name: str(lane) for lane in asked or DEFAULT_LANES}
    lanes: tuple[str, ...] = ()
    if asked or options.python or any(offered[word].install is None for word in written.values()):
        plans = planned_lanes(options)
        lanes = tuple(written[plan.name] for plan in plans)
        offered |= {written[plan.name]: _planned_lane(written[plan.name], plan) for plan in plans}
    chosen = Choice(lanes, chosen_tasks(options), options.device, options.duration, options.steps)
    return DlprofApp(
        Setup(
            lanes=tuple(offered.values()),
            tasks=tuple(TaskChoice(task.name, task.title) for task in TASKS.values()),
            devices=known_devices(),
            chosen=chosen,
            recent=_recent,
            start=lambda choice: _recorder(_with(options, choice)),
            command=lambda choice: shlex.join(["dlprof", "--record", *option_words(_with(options, choice))]),
        )
    )


def viewing_app(path: Path, options: argparse.Namespace) -> DlprofApp:
    """The app on one session; where a recorder writes it, one that this user can stop, the app can."""
    reader = SessionReader(path)  # one clear line now, not a screen that shows it
    recorder = WatchedRecorder(path, reader.meta())
    feed = Feed(path, recorder.is_recording)
    try:
        return DlprofApp(feed, options.refresh, options.theme, recorder if recorder.is_ours() else None)
    except Exception as error:
        raise Misuse(f"--theme {options.theme}: no such theme") from error


def option_words(options: argparse.Namespace) -> list[str]:
    """The words of a command line that say the same as `options`, defaults left out."""
    parser = argparse.ArgumentParser()
    recording_options(parser)
    words: list[str] = []
    for name, default in vars(parser.parse_args([])).items():
        value = getattr(options, name)
        flag = f"--{name.replace('_', '-')}"
        if value == default or value is None:
            continue
        if value is True:
            words.append(flag)
            continue
        for item in value if isinstance(value, list) else [value]:
            text = f"{item:.10g}" if isinstance(item, float) else str(item)
            words += [flag, f"{text}s" if name == "duration" else text]
    return words


def _recorder(options: argparse.Namespace) -> RecorderProcess:
    try:
        return RecorderProcess(resolve_plan(options, None))
    except (Misuse, SessionError) as error:
        raise CannotStart(str(error)) from error


def _own_lane(lane: LaneSpec) -> LaneChoice:
    missing = why_missing(sys.executable, lane.framework, lane.backend, own=True)
    if missing:
        return LaneChoice(str(lane), None, missing.partition(": ")[2])
    return LaneChoice(str(lane), metadata.version(lane.framework), None)


def _planned_lane(word: str, plan: LanePlan) -> LaneChoice:
    """A lane as the options ask for it."""
    if plan.missing:
        return LaneChoice(word, None, plan.missing)
    own = plan.interpreter == sys.executable
    return LaneChoice(word, metadata.version(plan.framework) if own else f"in {plan.interpreter}", None)


def _recent() -> tuple[RecentSession, ...]:
    return tuple(
        RecentSession(
            s.path,
            clean_line(f"{s.started_at[:16].replace('T', ' ')}  {s.name}  {', '.join(s.tasks)}  {', '.join(s.lanes)}"),
        )
        for s in islice(store.newest_first(sessions_folder()), 20)
        if s.problem is None
    )


def _with(options: argparse.Namespace, choice: Choice) -> argparse.Namespace:
    """`options` with what the set-up screen says in their place; of interpreters, those of lanes that are chosen."""
    names = [parse_lane(word).name for word in choice.lanes]
    lanes, tasks = ",".join(choice.lanes), ",".join(choice.tasks)
    values = (lanes, tasks, choice.device, choice.duration_s, choice.steps)
    python = [word for word in options.python if word.partition("=")[0] in names]
    return argparse.Namespace(**{**vars(options), **dict(zip(ON_SCREEN, values, strict=True)), "python": python})
