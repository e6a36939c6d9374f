"""Puts the viewer together with what it needs: lists of lanes and tasks, a way to start a recorder, sessions."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial
from importlib import metadata
from pathlib import Path

from dlprof.cli import sessions_folder
from dlprof.comparing import asked_gate, asked_sides
from dlprof.control import RecorderProcess, WatchedRecorder
from dlprof.data_choice import chosen_data
from dlprof.lanes import DEFAULT_LANES, KNOWN_LANES, LaneSpec, parse_lane
from dlprof.option_words import FIELDS, ONCE, field_problem, field_texts, field_values, option_words
from dlprof.options import (
    Misuse,
    chosen_lanes,
    chosen_tasks,
    known_devices,
    planned_lanes,
    resolve_plan,
)
from dlprof.own_tasks import own_tasks
from dlprof.profilers.recorder.interpreters import why_missing
from dlprof.profilers.recorder.plan import LanePlan
from dlprof.recent import RecentSessions
from dlprof.remembered import remember, remembered_choice, remembered_sessions, state_file
from dlprof.session import store
from dlprof.session.effects import MARGIN
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.settings import appearance, settings_file
from dlprof.tui.app import DlprofApp, Opened
from dlprof.tui.compare_feed import Sides, Source
from dlprof.tui.contracts import CannotStart, Choice, LaneChoice, Setup, TaskChoice
from dlprof.tui.feed import Feed
from dlprof.workloads.tasks import TASKS


def live_app(options: argparse.Namespace, given: Collection[str] = ()) -> DlprofApp:
    """The app that begins with the set-up screen, filled in from `options`; what is not given, as the last time.

    `given`: options that were asked for although they are as they are by default.

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
    devices = known_devices()
    asked_for = Choice(
        lanes,
        chosen_tasks(options),
        options.device,
        options.duration,
        options.steps,
        tuple(field_texts(options).items()),
    )
    recent = RecentSessions(sessions_folder(), partial(remembered_sessions, state_file()))
    return DlprofApp(
        Setup(
            lanes=tuple(offered.values()),
            tasks=_offered_tasks(asked_for.tasks),
            devices=devices,
            options=FIELDS,
            problem=partial(_problem, devices),
            chosen=_as_last_time(options, given, asked_for, offered, devices),
            recent=lambda: iter(recent),
            delete=recent.delete,
            start=partial(_started, options),
            command=partial(_command, options),
        ),
        options.refresh,
        appearance(settings_file(), options.theme),
        opened=opened,
    )


def _offered_tasks(asked: Iterable[str]) -> tuple[TaskChoice, ...]:
    """Those that dlprof has, and own ones that are asked for."""
    own = (TaskChoice(word, task.title) for word, task in own_tasks(asked).items())
    return (*(TaskChoice(task.name, task.title) for task in TASKS.values()), *own)


def viewing_app(path: Path, options: argparse.Namespace) -> DlprofApp:
    """The app on one session; where a recorder writes it, one that this user can stop, the app can."""
    feed, recorder = opened(path)  # one clear line now, not a screen that shows it
    return DlprofApp(feed, options.refresh, appearance(settings_file(), options.theme), recorder)


def comparing_app(options: argparse.Namespace) -> DlprofApp:
    """The app on the comparison that the options of `dlprof compare` ask for.

    Raises:
        Misuse: not two sides, or an unknown gate.
        SessionError: a session cannot be found.
    """
    folder = sessions_folder()
    baseline, candidate = (
        tuple(Source(store.find(folder, word), word) for word in side) for side in asked_sides(options)
    )
    sides = Sides(
        baseline,
        candidate,
        margin=options.margin or MARGIN,
        gate=asked_gate(options.gate),
        reference=options.reference,
        force=options.force,
    )
    return DlprofApp(sides, options.refresh, appearance(settings_file(), options.theme), opened=opened)


def opened(path: Path) -> Opened:
    """A session to look at, and its recorder, where there is one that this user can stop.

    Raises:
        SessionError: it cannot be read, or another host seems to write it.
    """
    path = store.find_finished(sessions_folder(), str(path))
    recorder = WatchedRecorder(path, SessionReader(path).meta())
    return Feed(path, recorder.is_recording), recorder if recorder.is_ours() else None


def _problem(devices: Collection[str], name: str, text: str) -> str | None:
    """Why `text` is no value of this option."""
    if name != "device":
        return field_problem(name, text)
    unknown = [word for word in text.split(",") if word.rpartition("=")[2].strip() not in ("auto", "cuda", *devices)]
    return f"{unknown[0]!r} is none of auto, {', '.join(devices)}, or LANE=DEVICE" if unknown else None


def _command(options: argparse.Namespace, choice: Choice) -> str:
    """The command that records the same as `choice`."""
    try:
        asked = _with(options, choice)
        chosen_tasks(asked)
    except Misuse as error:
        raise CannotStart(str(error)) from error
    return shlex.join(["dlprof", "--record", *option_words(asked)])


def _started(options: argparse.Namespace, choice: Choice) -> RecorderProcess:
    """The recorder of `choice`, which is remembered for the next time."""
    try:
        recorder = RecorderProcess(resolve_plan(_with(options, choice), None))
    except (Misuse, SessionError) as error:
        raise CannotStart(str(error)) from error
    lasting = tuple((name, text) for name, text in choice.options if name not in ONCE)
    remember(state_file(), replace(choice, options=lasting))
    return recorder


def _as_last_time(
    options: argparse.Namespace,
    given: Collection[str],
    asked_for: Choice,
    offered: Mapping[str, LaneChoice],
    devices: Collection[str],
) -> Choice:
    """What is asked for, and the last choice in place of what is not, as far as this machine still has it."""
    last = remembered_choice(state_file())
    if last is None:
        return asked_for
    lanes = tuple(lane for lane in last.lanes if lane in offered and offered[lane].install is None)
    asked = dict(asked_for.options)
    before = {
        name: text
        for name, text in last.options
        if name not in ONCE and name.replace("-", "_") not in given and field_problem(name, text) is None
    }
    if options.tasks is not None:
        before.pop("data", None)  # the tasks asked for are to fit
    data = chosen_data(asked.get("data") or before.get("data") or options.data)
    tasks = tuple(task for task in last.tasks if task in TASKS and data.fits(task))
    is_free = options.device == "auto" and "device" not in given
    has_length = options.duration is not None or options.steps is not None
    return Choice(
        lanes=lanes if lanes and options.lanes is None else asked_for.lanes,
        tasks=tasks if tasks and options.tasks is None else asked_for.tasks,
        device=last.device if last.device in devices and is_free else asked_for.device,
        duration_s=asked_for.duration_s if has_length else last.duration_s,
        steps=asked_for.steps if has_length else last.steps,
        options=tuple({**before, **asked}.items()),
    )


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


def _with(options: argparse.Namespace, choice: Choice) -> argparse.Namespace:
    """`options` with what the set-up screen says in their place; of interpreters, those of lanes that are chosen.

    Raises:
        Misuse: an option has a text that cannot be understood.
    """
    names = [parse_lane(word).name for word in choice.lanes]
    said = {
        **field_values(choice.options),
        "lanes": ",".join(choice.lanes),
        "tasks": ",".join(choice.tasks),
        "device": choice.device,
        "duration": choice.duration_s,
        "steps": choice.steps,
        "python": [word for word in options.python if word.partition("=")[0] in names],
    }
    return argparse.Namespace(**{**vars(options), **said})
