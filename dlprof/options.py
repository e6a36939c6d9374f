"""The recording options: their syntax, and the plan that they ask for on this machine."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlprof.arguments import Misuse, chosen, number, seconds, session_name, share, whole_number
from dlprof.lanes import DEFAULT_LANES, LaneSpec, parse_lanes
from dlprof.profilers.recorder.plan import SCHEDULES, LanePlan, Plan, TaskPlan
from dlprof.session.text import clean_line

if TYPE_CHECKING:
    from dlprof.own_tasks import OwnTask

NOTHING_INSTALLED = (
    "no framework is installed here; install one: pip install 'dlprof[torch]' (or tensorflow, keras, all)"
)
DEFAULT_TASKS = ("mnist-mlp", "text-lstm")
HEADLESS_SECONDS = 30.0
"""The length of a run, stepping time, where none was asked for and nobody is there to stop it."""

EXPORT_FORMATS = ("perfetto", "speedscope", "csv", "parquet", "openmetrics", "dlprof")


def recording_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what to record."""
    group = parser.add_argument_group("recording")
    group.add_argument(
        "--lanes",
        metavar="LIST",
        help="[NAME=]LANE[:MODE],... LANE: torch, tensorflow, keras, keras@torch, keras@jax; MODE: eager, compiled "
        "(default: torch,tensorflow,keras, those installed)",
    )
    group.add_argument("--tasks", metavar="LIST", help="names or .py files,...; or all (default: mnist-mlp,text-lstm)")
    length = group.add_mutually_exclusive_group()
    length.add_argument("--steps", type=whole_number(1), metavar="N", help="steps a run after the warm-up")
    length.add_argument(
        "--duration",
        type=seconds,
        metavar="TIME",
        help=f"stepping time a run, such as 2m (default: {HEADLESS_SECONDS:g}s with --record, else until stopped)",
    )
    group.add_argument(
        "--repeat",
        type=whole_number(1, 1000),
        default=1,
        metavar="N",
        help="start the lanes of each task N times, in new processes",
    )
    group.add_argument(
        "--schedule",
        choices=SCHEDULES,
        default="turns",
        help="turns: one lane steps at a time, the others are stopped (default); parallel: all at once; sequential: "
        "one after the other",
    )
    group.add_argument("--batch-size", type=whole_number(1), metavar="N", help="samples a step (default: the task's)")
    group.add_argument("--device", default="auto", metavar="DEV", help="auto, cpu, cuda:N or LANE=cuda:N,...")
    group.add_argument(
        "--seed", type=whole_number(0, 2**32 - 1), default=0, metavar="N", help="seed of data, weights and turns"
    )
    group.add_argument(
        "--workers", type=whole_number(0, 256), default=0, metavar="N", help="loader workers a lane (default 0)"
    )
    group.add_argument(
        "--data",
        default="synthetic",
        metavar="NAME|PATH",
        help="mnist, fashion-mnist, cifar10, imdb, reuters, a .npz, a .csv, a folder of images (default: synthetic)",
    )
    group.add_argument(
        "--data-mb",
        type=number(0.1, 100_000),
        metavar="N",
        help="size of the training data: of synthetic data (10), or at most so much of others",
    )
    group.add_argument(
        "--python", action="append", default=[], metavar="LANE=PATH", help="the interpreter of a lane, 3.9 or later"
    )
    group.add_argument(
        "--stacks-hz", type=whole_number(0, 1000), default=20, metavar="N", help="stack samples a second (20); 0: none"
    )
    group.add_argument(
        "--no-overhead-check", action="store_true", help="stamp every step: dlprof's own cost is not weighed"
    )
    group.add_argument(
        "--deploy", action="store_true", help="after training, save each model in every format and try it afresh"
    )
    group.add_argument(
        "--target-accuracy", type=share, metavar="P%", help="say how soon each run reaches it on held-out data"
    )
    group.add_argument("--name", type=session_name, metavar="NAME", help="the session's name")
    group.add_argument("--note", type=clean_line, metavar="TEXT", help="a remark that is kept and listed with it")


def export_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what to export, and where to."""
    parser.add_argument("--format", required=True, choices=EXPORT_FORMATS)
    moment = number(0, 1e9)
    parser.add_argument("--from", dest="start", type=moment, metavar="S", help="what began S seconds in, or later")
    parser.add_argument("--until", dest="end", type=moment, metavar="S", help="what began before S seconds")
    parser.add_argument("--redact", action="store_true", help="without names of users, hosts and folders (dlprof)")
    parser.add_argument(
        "-o",
        dest="output",
        metavar="PATH",
        help="a new file, or for csv and parquet a new folder; - for stdout (default: named after the session, here)",
    )


def viewer_options(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Add the options that say how the screen is to be; what is not given is `default`."""
    group = parser.add_argument_group("screen")
    group.add_argument("--refresh", type=number(0.1, 60), default=default, metavar="HZ", help="updates a second")
    group.add_argument(
        "--theme", default=default, metavar="NAME", help="light, dark, high-contrast, one of Textual's or your own"
    )


def resolve_plan(options: argparse.Namespace, path: Path | None) -> Plan:
    """The plan for these options on this machine, before anything is started.

    Raises:
        Misuse: an unknown lane, task, device, data set or interpreter; no lane that can run; runs that never end before
            others that shall begin; lanes that do not fit into free memory together; no folder for sessions, or a full
            one.
    """
    from dlprof.cli import sessions_folder
    from dlprof.data_choice import chosen_data
    from dlprof.own_tasks import own_tasks, refuse_what_is_not_written
    from dlprof.session.recorded import MOST_LANES, MOST_RUNS
    from dlprof.session.store import path_of

    tasks, data = chosen_tasks(options), chosen_data(options.data)
    own = own_tasks(tasks)
    name = options.name or (path.stem if path else _automatic_name())
    if path is None:
        path = path_of(_with_room(_made(sessions_folder())), name)
    plan = Plan(
        path=str(path),
        name=name,
        lanes=planned_lanes(options),
        tasks=tuple(_planned_task(task, own.get(task), options.batch_size) for task in tasks),
        steps=options.steps,
        duration_s=options.duration,
        seed=options.seed,
        workers=options.workers,
        data=data.data,
        data_mb=data.megabytes(options.data_mb),
        stacks_hz=options.stacks_hz,
        overhead_check=not options.no_overhead_check,
        schedule=options.schedule,
        repeat=options.repeat,
        deploy=options.deploy,
        target_accuracy=options.target_accuracy,
        note=options.note or "",
    )
    refuse_what_is_not_written(own.values(), plan.lanes)
    if not plan.has_length and (plan.repeat > 1 or plan.schedule == "sequential"):
        raise Misuse("with --repeat or --schedule sequential a run needs an end: add --steps N or --duration 30s")
    if len(plan.lanes) > MOST_LANES or len(plan.lanes) * len(plan.tasks) * plan.repeat > MOST_RUNS:
        raise Misuse(f"a session holds at most {MOST_LANES} lanes and {MOST_RUNS} runs: lower --repeat, or record two")
    together = [(lane,) for lane in plan.lanes] if plan.schedule == "sequential" else [plan.lanes]
    for lanes in together:
        _refuse_what_does_not_fit(lanes, data.bytes_at_most(options.data_mb, tasks))
    return plan


def _planned_task(word: str, own: OwnTask | None, batch_size: int | None) -> TaskPlan:
    from dlprof.workloads.tasks import TASKS

    if own is not None:
        return TaskPlan(own.name, batch_size or own.batch_size, file=str(own.file))
    return TaskPlan(word, batch_size or TASKS[word].batch_size)


def _automatic_name() -> str:
    """The time, and what tells recordings apart that are started in one second, be it on two hosts."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{os.urandom(3).hex()}"


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misuse(f"cannot create {folder}: {error.strerror}; give a path: --record PATH") from error
    return folder


def _with_room(folder: Path) -> Path:
    from dlprof.sessions import HOW_TO_MEND, room_in

    left = room_in(folder)
    if left.is_full:
        raise Misuse(f"{left}: {HOW_TO_MEND}; or give a path: --record PATH")
    return folder


def _refuse_what_does_not_fit(together: Sequence[LanePlan], data_bytes: int) -> None:
    """Raise Misuse where the lanes `together`, alive at the same time, need more memory than is free."""
    from dlprof.profilers.collectors.gpu import GpuSampler
    from dlprof.profilers.recorder.capacity import host_free, refusal

    sampler = GpuSampler()
    reason = refusal(together, data_bytes, host_free(), sampler.free())
    sampler.close()
    if reason:
        raise Misuse(reason)


def planned_lanes(options: argparse.Namespace) -> tuple[LanePlan, ...]:
    """The lanes asked for, or those installed, as they run on this machine.

    Raises:
        Misuse: an unknown lane, device or interpreter, or nothing that can run.
    """
    from dlprof.profilers.recorder.interpreters import NotAnInterpreter, why_missing

    specs = chosen_lanes(options) or DEFAULT_LANES
    names = tuple(spec.name for spec in specs)
    interpreters = _interpreters(options.python, names)
    devices = _devices(options.device, names)
    lanes = []
    for spec in specs:
        interpreter = interpreters.get(spec.name, sys.executable)
        try:
            missing = why_missing(interpreter, spec.framework, spec.backend, own=interpreter == sys.executable)
        except NotAnInterpreter as error:
            raise Misuse(f"--python {spec.name}={interpreter}: {error}") from None
        if missing and options.lanes is None and spec.name not in interpreters:
            continue
        device = devices[spec.name]
        lanes.append(
            LanePlan(
                spec.name, spec.framework, spec.module, interpreter, device, spec.backend, spec.mode, missing=missing
            )
        )
    if not any(lane.missing is None for lane in lanes):
        reasons = "; ".join(f"{lane.name}: {lane.missing}" for lane in lanes)
        raise Misuse(f"no lane can run: {reasons}" if reasons else NOTHING_INSTALLED)
    return tuple(lanes)


def chosen_lanes(options: argparse.Namespace) -> tuple[LaneSpec, ...]:
    """The lanes asked for; empty where none was.

    Raises:
        Misuse: a lane is unknown, or two have one name.
    """
    if options.lanes is None:
        return ()
    try:
        return parse_lanes(options.lanes)
    except ValueError as error:
        raise Misuse(str(error)) from None


def chosen_tasks(options: argparse.Namespace) -> tuple[str, ...]:
    """The tasks asked for, by name or as Python files; where none was, DEFAULT_TASKS that fit the data, or the first.

    Raises:
        Misuse: a task or the data are unknown, or do not fit each other.
    """
    from dlprof.data_choice import chosen_data, what_tasks_take
    from dlprof.own_tasks import SUFFIX
    from dlprof.workloads.tasks import TASKS

    text, data = options.tasks, chosen_data(options.data)
    fitting = tuple(task for task in TASKS if data.fits(task))
    files = [word.strip() for word in (text or "").split(",") if word.strip().endswith(SUFFIX)]
    if not fitting and not files:
        raise Misuse(f"--data {options.data}: {data.described}, which no task takes; tasks take {what_tasks_take()}")
    if text is None:
        return tuple(task for task in DEFAULT_TASKS if task in fitting) or fitting[:1]
    if text == "all":
        return tuple(task for task in fitting if not TASKS[task].large) or fitting
    tasks = chosen(text, TASKS, "unknown task {}", "no task given", others=files)
    for task in tasks:
        if task not in (*fitting, *files):
            fits = f"it fits: {', '.join(fitting)}" if fitting else data.described
            raise Misuse(f"--data {options.data} does not fit the task {task}; {fits}")
    return tasks


def left_out(options: argparse.Namespace) -> str | None:
    """Which tasks of `--tasks all` the data do not fit, in one line; None where none is left out."""
    from dlprof.workloads.tasks import TASKS

    if options.tasks != "all":
        return None
    trained = chosen_tasks(options)
    others = [name for name, task in TASKS.items() if not task.large and name not in trained]
    return f"--data {options.data} does not fit {', '.join(others)}: left out" if others else None


def _interpreters(words: list[str], lanes: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for word in words:
        lane, equals, path = word.partition("=")
        if not equals or lane not in lanes:
            raise Misuse(f"--python {word!r}: expected LANE=PATH with LANE one of {', '.join(lanes)}")
        if not Path(path).is_file():
            raise Misuse(f"--python {word!r}: no such interpreter; give the path of a python executable")
        if not os.access(path, os.X_OK):
            raise Misuse(f"--python {word!r}: cannot be executed; give the path of a python executable")
        found[lane] = path
    return found


def known_devices() -> tuple[str, ...]:
    """The devices of this machine, as `--device` writes them."""
    from dlprof.profilers.collectors.gpu import GpuSampler

    sampler = GpuSampler()
    devices = sampler.cuda_devices()
    sampler.close()
    return ("cpu", *devices)


def _devices(text: str, lanes: tuple[str, ...]) -> dict[str, str]:
    known = known_devices()
    default = known[1] if len(known) > 1 else "cpu"
    chosen = dict.fromkeys(lanes, default)
    for word in text.split(","):
        lane, equals, device = word.rpartition("=")
        if equals and lane not in lanes:
            raise Misuse(f"--device {word!r}: unknown lane {lane!r}; there are: {', '.join(lanes)}")
        device = default if device == "auto" else "cuda:0" if device == "cuda" else device
        if device not in known:
            raise Misuse(f"unknown device {device!r}; this machine has: {', '.join(known)}")
        chosen.update({lane: device} if equals else dict.fromkeys(lanes, device))
    return chosen
