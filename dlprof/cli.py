"""The command line: puts the parts together, importing each only when its command runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from dlprof import __version__
from dlprof.options import Misuse, recording_options, resolve_plan
from dlprof.session.errors import SessionError

DEFAULT_HEADLESS_SECONDS = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 a run failed, 2 misuse, 130 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (Misuse, SessionError) as error:
        print(f"dlprof: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dlprof",
        description="Trains one model in TensorFlow, PyTorch and Keras side by side and shows where the step time "
        "goes. Without a command: the set-up screen, then the live session.",
    )
    parser.add_argument("--version", action="version", version=f"dlprof {__version__}")
    parser.add_argument(
        "--record",
        nargs="?",
        const="",
        metavar="PATH",
        help="record without a screen; prints the session's path (default: a new file in the sessions' folder)",
    )
    recording_options(parser)
    parser.set_defaults(command=_live_or_record)
    commands = parser.add_subparsers(title="commands", metavar="")
    watch = commands.add_parser("watch", help="open the screen on a session that is being recorded")
    watch.set_defaults(command=_view)
    replay = commands.add_parser("replay", help="open the screen on a finished session")
    replay.set_defaults(command=_view)
    report = commands.add_parser("report", help="print a session's figures")
    report.add_argument("--format", choices=("text", "json"), default="text")
    report.add_argument(
        "--leave-out-disturbed",
        action="store_true",
        help="do not count turns in which other processes, the hypervisor or a quota took CPU time",
    )
    report.set_defaults(command=_report)
    for command in (watch, replay, report):
        command.add_argument("session", nargs="?", help="a path or a name; the newest where left out")
    for command in (watch, replay):
        command.add_argument("--refresh", type=float, metavar="HZ", help="screen updates a second")
        command.add_argument("--theme", metavar="NAME", help="a Textual theme, such as textual-light")
    sessions = commands.add_parser("sessions", help="list the recorded sessions, newest first")
    sessions.set_defaults(command=_sessions)
    doctor = commands.add_parser("doctor", help="what of this machine dlprof can use, and how to get the rest")
    doctor.set_defaults(command=_doctor)
    return parser


def _live_or_record(options: argparse.Namespace) -> int:
    if options.record is not None:
        return _record(options)
    if not _has_terminal():
        print("dlprof: no terminal here; record without a screen: dlprof --record PATH", file=sys.stderr)
        return 2
    from dlprof.live import live_app

    return live_app(options).run() or 0


def _record(options: argparse.Namespace) -> int:
    if options.steps is None and options.duration is None:
        options.duration = DEFAULT_HEADLESS_SECONDS
    plan = resolve_plan(options, Path(options.record) if options.record else None)
    from dlprof.recording import record

    return record(plan, control=None)


def _view(options: argparse.Namespace) -> int:
    from dlprof.session import store

    path = store.find(sessions_folder(), options.session)
    if not _has_terminal():
        print("dlprof: no terminal here; print the figures instead: dlprof report", file=sys.stderr)
        return 2
    from dlprof.live import viewing_app

    return viewing_app(path, options).run() or 0


def _report(options: argparse.Namespace) -> int:
    from dlprof.session import store
    from dlprof.session.disturbance import without_disturbed
    from dlprof.session.file import SessionReader
    from dlprof.session.report import report
    from dlprof.session.report_text import report_text

    reader = SessionReader(store.find(sessions_folder(), options.session))
    history = reader.history()
    figures = report(without_disturbed(history) if options.leave_out_disturbed else history)
    print(json.dumps(figures, indent=1, allow_nan=False) if options.format == "json" else report_text(figures))
    return 0


def _sessions(_: argparse.Namespace) -> int:
    from dlprof.session import store
    from dlprof.session.text import clean_line

    folder = sessions_folder()
    found = store.sessions_in(folder)
    if not found:
        print(f"no sessions in {folder}; record one: dlprof --record", file=sys.stderr)
    for session in found:
        state = session.problem or ("recording" if session.live else "complete" if session.complete else "cut short")
        lanes, tasks = ",".join(session.lanes), ",".join(session.tasks)
        print(clean_line(f"{session.started_at[:19]:19}  {session.name:28}  {state:10}  {tasks}  {lanes}", 400))
    return 0


def _doctor(_: argparse.Namespace) -> int:
    from dlprof.profilers.doctor import doctor

    checks = doctor(sessions_folder())
    for check in checks:
        print(f"{'ok' if check.ok else '--':2}  {check.name:18} {check.found}")
        if check.advice:
            print(f"{'':23}{check.advice}")
    return 0


def sessions_folder() -> Path:
    """Where sessions are kept when no path is given."""
    from platformdirs import user_data_path

    return user_data_path("dlprof") / "sessions"


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
