"""Reading of arguments: misuse is one line, and each kind of value says what it may be."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from dlprof.session.text import clean_line


class Misuse(Exception):
    """A command that cannot be carried out; `str()` is one line that says what to do."""


class Parser(argparse.ArgumentParser):
    """A parser that raises Misuse, where argparse prints the usage and ends the process."""

    def error(self, message: str) -> NoReturn:
        """Raise `message` in one line, with where to look."""
        if message.endswith("expected one argument"):
            message += " (one that begins with - is joined to its option by =)"
        if message.startswith("argument command: invalid choice"):
            message += ", if it is not the value of an option that dlprof does not have"
        found = message.removeprefix("argument ").replace("not allowed with argument", "cannot be given with")
        raise Misuse(f"{found}; {self.prog} --help lists what there is")


def chosen(text: str, known: Iterable[str], unknown: str, none: str, others: Sequence[str] = ()) -> tuple[str, ...]:
    """The words of a list with commas, each once; `others` are known too, and not listed where one is not.

    Raises:
        Misuse: one is not `known` (`unknown` says so of it, where `{}` stands), or there is `none`.
    """
    words, offered = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip())), tuple(known)
    strange = next((word for word in words if word not in (*offered, *others)), None)
    if strange is not None or not words:
        problem = none if strange is None else unknown.format(repr(strange))
        raise Misuse(f"{problem}; there are: {', '.join(offered)}")
    return words


def whole_number(lowest: int, highest: int | None = None) -> Callable[[str], int]:
    """Reads whole numbers from `lowest` to `highest`."""

    def read(text: str) -> int:
        value = int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else None
        if value is None or value < lowest or (highest is not None and value > highest):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number {_range(lowest, highest)}")
        return value

    return read


def number(lowest: float, highest: float) -> Callable[[str], float]:
    """Reads numbers from `lowest` to `highest`."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number {_range(lowest, highest)}")
        return value

    return read


def seconds(text: str) -> float:
    """Read a time, such as `30s` or `2m`; a bare number is seconds."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)(ms|s|m|h|)", text)
    value = float(match[1]) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "": 1}[match[2]] if match else 0
    if not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time above 0, such as 30s, 2m or 1h")
    return value


def share(text: str) -> float:
    """Read a percentage as a share: `3%` and `3` are 0.03. Below 1 the sign is needed: `0.03` can mean either."""
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,9})?) ?(%?)", text.strip())
    percentage, sign = (float(match[1]), match[2]) if match else (0.0, "%")
    if not sign and 0 < percentage < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} can mean {percentage:g}% or {100 * percentage:g}%: write the % sign"
        )
    if not 0 < percentage <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a percentage from above 0% to 100%, such as 3%")
    return percentage / 100


def session_name(text: str) -> str:
    """Read a session's name."""
    name = clean_line(text, 200)
    if not name:
        raise argparse.ArgumentTypeError("the name is empty: give one, or leave the option out")
    if "/" in name or name.startswith("."):
        raise argparse.ArgumentTypeError(f"{name!r} is a path, not a name: --record PATH says where it goes")
    return name


def _range(lowest: float, highest: float | None) -> str:
    return f"from {lowest:,} on" if highest is None else f"from {lowest:,} to {highest:,}"
