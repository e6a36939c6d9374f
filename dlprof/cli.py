"""The command line: puts the parts together, importing each only when its command runs."""

from __future__ import annotations

import argparse
import errno
import gc
import json
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlprof import __version__, interrupts
from dlprof.arguments import Misuse, Parser
from dlprof.comparing import compare_options, compare_sessions
from dlprof.options import (
    HEADLESS_SECONDS,
    export_options,
    left_out,
    recording_options,
    resolve_plan,
    viewer_options,
)
from dlprof.output import drop_output
from dlprof.session.errors import NotComparable, SessionError
from dlprof.session.text import clean_line

if TYPE_CHECKING:
    from dlprof.tui.app import DlprofApp


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 failed run or regression, 2 misuse, 3 inconclusive, 130 interrupted."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that cannot show a sign is no reason to say nothing
    try:
        words = sys.argv[1:] if arguments is None else arguments
        options = _parser().parse_args(words, argparse.Namespace(words=words))
        code = options.command(options)
        print(end="", flush=True)  # what cannot be written is said now, not when the process ends
        return code
    except (Misuse, NotComparable, SessionError) as error:
        print(f"dlprof: {clean_line(str(error), 2000)}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        drop_output()
        return 0
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EFBIG):
            raise
        print(f"dlprof: the output cannot be written: {error.strerror}", file=sys.stderr)
        drop_output()
        return 2
    except KeyboardInterrupt:
        return interrupts.EXIT_CODE


def _parser() -> Parser:
    parser = Parser(
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
    parser.add_argument(
        "--detach", action="store_true", help="with --record: return when it records; it goes on without the terminal"
    )
    recording_options(parser)
    parser.set_defaults(command=_live_or_record)
    commands = parser.add_subparsers(title="commands", metavar="command")
    watch = commands.add_parser(
        "watch", help="follow a session that is being recorded: on the screen, or in lines where there is no terminal"
    )
    watch.set_defaults(command=_watch)
    replay = commands.add_parser("replay", help="open the screen on a finished session")
    replay.set_defaults(command=_replay)
    report = commands.add_parser("report", help="print a session's figures")
    report.add_argument("--format", choices=("text", "json", "markdown", "html"), default="text")
    report.add_argument(
        "--leave-out-disturbed",
        action="store_true",
        help="do not count turns in which other processes, the hypervisor or a quota took CPU time",
    )
    report.set_defaults(command=_report)
    export = commands.add_parser("export", help="write a session as a file that other programs open")
    export_options(export)
    export.set_defaults(command=_export)
    compare = commands.add_parser("compare", help="what changed from one recording, or several, to others")
    compare_options(compare)
    compare.set_defaults(command=_compare)
    for command in (watch, replay, report, export):
        _session_argument(command)
    viewer_options(parser, default=None)
    for command in (watch, replay, compare):
        viewer_options(command, default=argparse.SUPPRESS)  # what stands before the command is not undone
    sessions = commands.add_parser("sessions", help="list the recorded sessions, newest first; end or delete one")
    sessions.set_defaults(command=_sessions)
    actions = sessions.add_subparsers(title="actions", metavar="action")
    stop = actions.add_parser("stop", help="end a recording cleanly, and wait for its end")
    _session_argument(stop)
    stop.set_defaults(command=_stop)
    remove = actions.add_parser("rm", help="delete sessions")
    remove.add_argument("sessions", nargs="+", metavar="session", help="a path or a name")
    remove.set_defaults(command=_remove)
    doctor = commands.add_parser("doctor", help="what of this machine dlprof can use, and how to get the rest")
    doctor.set_defaults(command=_doctor)
    return parser


def _session_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", nargs="?", help="a path or a name; the newest where left out")


def _live_or_record(options: argparse.Namespace) -> int:
    if options.record is not None:
        return _record(options)
    if options.detach:
        raise Misuse("--detach goes with --record: dlprof --record --detach")
    if _is_dumb():
        return _record_in_lines(options)
    if not _has_terminal():
        raise Misuse(
            "no terminal here; record without a screen: dlprof --record PATH; dlprof watch follows it in lines"
        )
    from dlprof.live import live_app
    from dlprof.option_words import given

    interrupts.leave_as_usual()
    app = live_app(options, given(options.words))
    code = shown(app)
    if app.recorded is not None and app.recorded.exists():
        print(app.recorded)
        print(f"dlprof: its figures: dlprof report {shlex.quote(app.recorded.stem)}", file=sys.stderr)
    return code


def _record(options: argparse.Namespace) -> int:
    opening = None
    if options.steps is None and options.duration is None:
        options.duration = HEADLESS_SECONDS
        opening = f"{HEADLESS_SECONDS:g} s of stepping a run; --duration or --steps set another"
    plan = resolve_plan(options, Path(options.record) if options.record else None)
    if others := left_out(options):
        print(f"dlprof: {others}", file=sys.stderr)
    if not options.record:
        from dlprof.sessions import room_in, warn_of

        warn_of(room_in(sessions_folder()))
    elif (path := Path(plan.path).resolve()).parent != sessions_folder().resolve():
        from dlprof.remembered import remember_session, state_file

        remember_session(state_file(), path)
    if options.detach:
        from dlprof.detaching import detach

        return detach(plan, opening)
    from dlprof.recording import record

    return record(plan, None, opening)


def _watch(options: argparse.Namespace) -> int:
    from dlprof.session import store

    path = store.find_live(sessions_folder(), options.session)
    if _has_terminal():
        return _view(path, options)
    return _print_lines(path, options)


def _print_lines(path: Path, options: argparse.Namespace) -> int:
    from dlprof.watching import watch_in_lines

    return watch_in_lines(path, sessions_folder(), _seconds_between_lines(options))


def _record_in_lines(options: argparse.Namespace) -> int:
    from dlprof.watching import record_in_lines

    plan = resolve_plan(options, None)
    print("dlprof: no screen in a terminal that can only print (TERM=dumb); Ctrl-C ends the recording", file=sys.stderr)
    return record_in_lines(plan, sessions_folder(), _seconds_between_lines(options))


def _seconds_between_lines(options: argparse.Namespace) -> float:
    from dlprof.watching import EVERY_SECONDS

    return 1 / options.refresh if options.refresh else EVERY_SECONDS


def _replay(options: argparse.Namespace) -> int:
    from dlprof.session import store

    path = store.find_finished(sessions_folder(), options.session)
    if _is_dumb():
        return _print_lines(path, options)
    if not _has_terminal():
        raise Misuse("no terminal here; print the figures instead: dlprof report")
    return _view(path, options)


def _view(path: Path, options: argparse.Namespace) -> int:
    from dlprof.live import viewing_app

    interrupts.leave_as_usual()
    return shown(viewing_app(path, options))


NEW_OBJECTS = 5000
"""After so many garbage is looked for while a screen is shown: a whole screen is drawn with fewer, and its key does not
wait for that. Python does so after 700, which takes a tenth of a drawing, and sometimes as long as one."""


def shown(app: DlprofApp) -> int:
    """Run a screen to its end; the exit code."""
    from dlprof.tui.ending import end_with_terminal

    gc.freeze()  # what is imported stays: looking for garbage among it holds up every thirtieth key by 50 ms
    gc.set_threshold(NEW_OBJECTS)
    end_with_terminal(sys.stdin.fileno())
    return app.run() or 0


def _report(options: argparse.Namespace) -> int:
    from dlprof.session import store
    from dlprof.session.disturbance import without_disturbed
    from dlprof.session.file import SessionReader
    from dlprof.session.report.figures import report

    reader = SessionReader(store.find(sessions_folder(), options.session))
    history = reader.history()
    figures = report(without_disturbed(history) if options.leave_out_disturbed else history)
    state = store.state(history.meta, [run.status for run in history.runs])
    print(_printed(figures, state, options.format))
    return 0


def _printed(figures: dict[str, Any], state: str, wanted: str) -> str:
    """A report's figures in one of the formats."""
    if wanted == "json":
        return json.dumps(figures, indent=1, allow_nan=False)
    if wanted == "markdown":
        from dlprof.session.report.markdown import report_markdown

        return report_markdown(figures, state)
    if wanted == "html":
        from dlprof.session.report.html import report_html

        return report_html(figures, state)
    from dlprof.session.report.text import report_text

    return report_text(figures, shutil.get_terminal_size().columns, state)


def _compare(options: argparse.Namespace) -> int:
    if not options.screen:
        return compare_sessions(options, sessions_folder())
    if not _has_terminal():
        raise Misuse("no terminal here; print the comparison instead: leave --screen out")
    from dlprof.live import comparing_app

    interrupts.leave_as_usual()
    return shown(comparing_app(options))


def _export(options: argparse.Namespace) -> int:
    from dlprof.exporting import export
    from dlprof.session import store

    return export(store.find(sessions_folder(), options.session), options)


def _sessions(_: argparse.Namespace) -> int:
    from dlprof.sessions import list_sessions

    return list_sessions(sessions_folder())


def _stop(options: argparse.Namespace) -> int:
    from dlprof.sessions import stop

    return stop(sessions_folder(), options.session)


def _remove(options: argparse.Namespace) -> int:
    from dlprof.sessions import remove

    return remove(sessions_folder(), options.sessions)


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
    return _is_interactive() and os.environ.get("TERM") != "dumb"


def _is_dumb() -> bool:
    """Whether somebody sits at a terminal that can only print."""
    return _is_interactive() and os.environ.get("TERM") == "dumb"


def _is_interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
