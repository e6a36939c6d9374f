"""`dlprof compare`: its options, and what it does."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from dlprof.arguments import Misuse, Parser, chosen, share
from dlprof.output import drop_output

FORMATS = ("text", "json", "markdown", "junit")


def compare_options(parser: Parser) -> None:
    """Add the options of `dlprof compare`."""
    parser.add_argument("sessions", nargs="*", metavar="SESSION", help="two: the baseline A and the candidate B")
    for side in ("baseline", "candidate"):
        parser.add_argument(
            f"--{side}", nargs="+", default=[], metavar="SESSION", help=f"the recordings of the {side}, instead of A B"
        )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--format", choices=FORMATS, default="text")
    shown.add_argument("--screen", action="store_true", help="look at it on a screen, and from there at the sessions")
    parser.add_argument("--margin", type=share, default=None, metavar="P%", help="a smaller change is none (3%%)")
    parser.add_argument(
        "--gate",
        default="step",
        metavar="LIST",
        help="the rows that decide the exit code: step (default), throughput, memory, data, forward, backward, "
        "optimizer, other, or the key of a memory row",
    )
    parser.add_argument(
        "--reference", metavar="LANE", help="a lane that did not change: what it changed by is the machine's"
    )
    parser.add_argument("--force", action="store_true", help="compare also what cannot be compared")


def compare_sessions(options: argparse.Namespace, folder: Path) -> int:
    """Print the comparison asked for; the exit code: 0 done, 1 a failed run or a regression, 3 inconclusive.

    Raises:
        Misuse: not two sides, or an unknown gate.
        SessionError: a session cannot be found or read.
        NotComparable: the sides cannot be compared.
    """
    from dlprof.session import store
    from dlprof.session.compare.comparison import compare
    from dlprof.session.compare.data import comparison_data
    from dlprof.session.compare.junit import comparison_junit
    from dlprof.session.compare.markdown import comparison_markdown
    from dlprof.session.compare.reading import recordings
    from dlprof.session.compare.text import comparison_text
    from dlprof.session.effects import MARGIN
    from dlprof.session.errors import NotComparable, Refused

    baseline, candidate = asked_sides(options)
    gate = asked_gate(options.gate)
    words = [*baseline, *candidate]
    read = recordings([store.find(folder, word) for word in words], words)
    try:
        comparison = compare(
            read[: len(baseline)],
            read[len(baseline) :],
            margin=options.margin or MARGIN,
            gate=gate,
            reference=options.reference,
            force=options.force,
        )
    except Refused as error:
        raise NotComparable(f"{error}; compare them all the same: --force") from error
    writers = {
        "text": lambda found: comparison_text(found, shutil.get_terminal_size().columns),
        "json": lambda found: json.dumps(comparison_data(found), indent=1, allow_nan=False),
        "markdown": comparison_markdown,
        "junit": comparison_junit,
    }
    try:
        print(writers[options.format](comparison), flush=True)
    except BrokenPipeError:  # who reads no more is told the outcome all the same
        drop_output()
    return comparison.exit_code


def asked_sides(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The sessions of the baseline and of the candidate, as they were given.

    Raises:
        Misuse: not two sides.
    """
    words, sides = options.sessions, (options.baseline, options.candidate)
    if any(sides):
        if words or not all(sides):
            raise Misuse("give two sessions, dlprof compare A B, or both --baseline A... and --candidate B...")
        return sides
    if len(words) != 2:
        raise Misuse(
            f"{len(words)} session{'' if len(words) == 1 else 's'} given; two are compared: dlprof compare A B "
            "(list them: dlprof sessions), or several: --baseline A... --candidate B..."
        )
    return words[:1], words[1:]


def asked_gate(text: str) -> tuple[str, ...]:
    """The quantities of `--gate`.

    Raises:
        Misuse: one is unknown, or there is none.
    """
    from dlprof.session.compare.quantities import GATES, QUANTITIES

    known = dict.fromkeys((*GATES, *(quantity.key for quantity in QUANTITIES)))
    return chosen(text, known, "--gate {} is unknown", "--gate is empty")
