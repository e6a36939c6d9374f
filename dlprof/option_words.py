"""Recording options as the words of a command line, and as the fields of the set-up screen."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, NoReturn

from dlprof.arguments import Misuse, Parser
from dlprof.data_choice import chosen_data
from dlprof.options import recording_options
from dlprof.profilers.recorder.plan import SCHEDULES
from dlprof.tui.contracts import OptionChoice
from dlprof.workloads.data_sets.named import NAMED

_UNITS = {"duration": "{}s", "target_accuracy": "{}%"}
SWITCHES = {"deploy": ("no", "yes"), "no-overhead-check": ("weighed", "not weighed")}
"""What is said of options that take no value: where they are not given, and where they are."""
ONCE = ("name", "note")
"""Options that are of one recording."""


def _offers(name: str, label: str, hint: str, default: str, *others: str) -> OptionChoice:
    return OptionChoice(name, label, hint, default, (default, *others))


FIELDS = (
    _offers("data", "Data", "synthetic, a data set's name, or a .npz, a .csv, a folder of images", "synthetic", *NAMED),
    _offers("data-mb", "Data MB", "of synthetic data, or at most so much of others", "10, or all", "1", "100", "1000"),
    _offers("batch-size", "Batch", "samples a step", "the task's", "16", "32", "64", "128", "256"),
    _offers("workers", "Workers", "processes of each lane that load data", "0", "1", "2", "4", "8"),
    _offers("repeat", "Repeat", "how often each lane is started, in new processes", "1", "2", "3", "5", "10"),
    _offers("schedule", "Schedule", "turns: one lane steps at a time; parallel: all; sequential: in a row", *SCHEDULES),
    _offers("deploy", "Deploy", "save each trained model in every format, and try it afresh", *SWITCHES["deploy"]),
    _offers("target-accuracy", "Accuracy", "say how soon each run reaches it", "no target", "90%", "95%", "97%", "99%"),
    OptionChoice("name", "Name", "of the session", "the time", ()),
    OptionChoice("note", "Note", "a remark that is kept and listed with the session", "none", ()),
    _offers("seed", "Seed", "of data, weights and turns", "0", "1", "2", "3"),
    _offers("stacks-hz", "Stacks Hz", "stack samples a second, 0: none", "20", "0", "5", "50", "100"),
    _offers("no-overhead-check", "Own cost", "whether dlprof weighs what it costs", *SWITCHES["no-overhead-check"]),
)
"""Those that have a line each on the set-up screen, beside lanes, tasks, device and length."""


def option_words(options: argparse.Namespace) -> list[str]:
    """The words of a command line that say the same as `options`, defaults left out."""
    words: list[str] = []
    for name, default in vars(_read([])).items():
        value = getattr(options, name)
        flag = f"--{name.replace('_', '-')}"
        if value == default or value is None:
            continue
        if value is True:
            words.append(flag)
            continue
        for item in value if isinstance(value, list) else [value]:
            words += [flag, _text(name, item)]
    return words


def given(words: Sequence[str]) -> frozenset[str]:
    """The recording options that stand in a command line, by the names that argparse gives them."""
    parser = _FieldParser(add_help=False)
    recording_options(parser)
    left_out: list[str] = []  # a list, since those of --python are added to a copy of it
    parser.set_defaults(**dict.fromkeys(vars(_read([])), left_out))
    return frozenset(name for name, value in vars(parser.parse_known_args(words)[0]).items() if value is not left_out)


def field_texts(options: argparse.Namespace) -> dict[str, str]:
    """What `options` set, as the fields of the set-up screen say it."""
    defaults, texts = vars(_read([])), {}
    for field in FIELDS:
        name = _destination(field.name)
        value = getattr(options, name)
        if value != defaults[name] and value is not None:
            texts[field.name] = SWITCHES[field.name][1] if value is True else _text(name, value)
    return texts


def field_values(texts: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The values of all fields, by the names that argparse gives them, where `texts` are those that are set.

    Raises:
        Misuse: one of them cannot be understood.
    """
    words = [word for name, text in texts for word in _words(name, text)]
    read = vars(_read(words))
    return {_destination(field.name): read[_destination(field.name)] for field in FIELDS}


def field_problem(name: str, text: str) -> str | None:
    """Why `text` is nothing that the field can say; None where it is."""
    try:
        field_values([(name, text)])
        if name == "data":
            chosen_data(text)
    except Misuse as misuse:
        said = str(misuse)
        return said.removeprefix(f"--{name}").removeprefix(":").strip()
    return None


def _words(name: str, text: str) -> Collection[str]:
    if name not in SWITCHES:
        return [f"--{name}={text}"]
    without, given = SWITCHES[name]
    if text not in (without, given):
        raise Misuse(f"{text!r} is neither {without!r} nor {given!r}")
    return [f"--{name}"] if text == given else []


class _FieldParser(Parser):
    """Says what is wrong, without pointing to a command's help."""

    def error(self, message: str) -> NoReturn:
        raise Misuse(message.removeprefix("argument "))


@cache
def _parser() -> _FieldParser:
    parser = _FieldParser(add_help=False, allow_abbrev=False)
    recording_options(parser)
    return parser


def _read(words: list[str]) -> argparse.Namespace:
    return _parser().parse_args(words)


def _text(name: str, value: object) -> str:
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    if name == "target_accuracy" and isinstance(value, float):
        text = f"{100 * value:.10g}"
    return _UNITS.get(name, "{}").format(text)


def _destination(name: str) -> str:
    return name.replace("-", "_")
