"""Strings without what tells whose they are: names of users and hosts, marks of GPUs, and paths."""

from __future__ import annotations

import os
import platform
import pwd
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

PATH = "[path]"
COMMON_NAMES = frozenset({"root", "user", "host", "localhost"})
"""Names that tell nothing, and are words that a text needs."""
_HOME = re.compile(r"/(?:home|Users)/([^/\s\"':,;]+)")
_GPU = re.compile(r"\b(?:GPU|MIG)-[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4,12}){4}\b")
_END = r"\s\"'<>|,;:()\[\]{}"
_PATHS = re.compile(
    r"(?P<url>\b[a-zA-Z][\w+.-]{0,20}://[^\s\"'<>]*)"
    r"|(?P<quote>[\"'])(?P<quoted>(?:~[\w.-]*|\.{1,2})?/[^\"'\n]+)(?P=quote)"
    rf"|(?<![\w./~-])(?P<bare>(?:~[\w.-]*|\.{{1,2}})?/+(?:[^{_END}/\d]|\d[^{_END}/]*/)[^{_END}]*)"
)
_SOURCE = re.compile(r"\.(?:py|pyi|pyx|pyc|so|c|cc|cpp|h)$|^python[\d.]*$")
_OWN = re.compile(r"^.*/(dlprof/(?:profilers|workloads)/.*)$")
_LIBRARY = re.compile(r"^.*/((?:lib|lib64)/python3\.\d+/(?:(?:site|dist)-packages/.*|([^/.]+)(?:\.py|/).*))$")


@dataclass(frozen=True)
class Private:
    """What must not be seen: each name with what stands for it, in small letters, and folders."""

    names: Mapping[str, str]
    folders: frozenset[str]


def of_this_machine() -> Private:
    """The names of this user and host, and the user's home.

    A user without an entry in the user database has no name here.
    """
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        return private([platform.node()], [], [])
    full_name = entry.pw_gecos.split(",")[0]
    return private([platform.node()], [entry.pw_name, full_name], [entry.pw_dir])


def private(hosts: Iterable[str], users: Iterable[str], homes: Iterable[str]) -> Private:
    """These names, with the parts of a host's; and these folders, whose last part is a name too."""
    folders = frozenset(home.rstrip("/") for home in homes if home.count("/") > 1)
    labels = [part for host in hosts for part in (host, host.partition(".")[0], host.partition(".")[2])]
    names = dict.fromkeys([*users, *(PurePosixPath(folder).name for folder in folders)], "user")
    names |= dict.fromkeys(labels, "host")
    return Private({name.lower(): stands for name, stands in names.items() if _tells(name)}, folders)


def found_in(texts: Iterable[str]) -> Private:
    """What can be told from `texts` themselves: the users whose homes they name, GPUs, the folders of paths."""
    users: list[str] = []
    gpus: dict[str, str] = {}
    folders: set[str] = set()
    for text in texts:
        users += _HOME.findall(text)
        for gpu in _GPU.findall(text):
            gpus.setdefault(gpu.lower(), f"GPU-{len(gpus) + 1}")
        for match in _PATHS.finditer(text):
            path = match["quoted"] or match["bare"] or ""
            if path.startswith("/") and path.count("/") > 1:
                folders.add(path.rpartition("/")[0])
    users_found = private([], users, [])
    return Private({**users_found.names, **gpus}, frozenset(folders))


def together(*known: Private) -> Private:
    """All of `known`; what comes first says what stands for a name."""
    names = {name: stands for one in reversed(known) for name, stands in one.names.items()}
    return Private(names, frozenset().union(*(one.folders for one in known)))


@dataclass(frozen=True)
class Redactor:
    """Replaces what is `private`, and shortens every path to what is useful of it."""

    private: Private

    def text(self, text: str) -> str:
        """`text` with paths shortened to the name of a source file, or PATH, and names replaced."""
        text = _PATHS.sub(_shortened, text)
        return self.name(self._folders.sub(PATH, text) if self.private.folders else text)

    def name(self, text: str) -> str:
        """`text` with names replaced where they stand as words; no path is looked for."""
        return self._names.sub(lambda match: self.private.names[match[0].lower()], text) if self.private.names else text

    def file(self, path: str) -> str:
        """The file of a frame: what a package's folder or Python's own library holds it as, or its name alone."""
        if path.startswith("/"):
            own, library = _OWN.match(path), _LIBRARY.match(path)
            if own is not None:
                path = own[1]
            elif library is not None and (library[2] is None or library[2] in sys.stdlib_module_names):
                path = library[1]
            else:
                path = path.rpartition("/")[2]
        return self.name(path)

    def value(self, value: Any) -> Any:
        """A value as JSON has it, with every text in it redacted; the keys of objects stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        return value

    @cached_property
    def _names(self) -> re.Pattern[str]:
        longest_first = sorted(self.private.names, key=len, reverse=True)
        return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, longest_first))})(?![^\W_])", re.IGNORECASE)

    @cached_property
    def _folders(self) -> re.Pattern[str]:
        """Paths in one of the folders, wherever they begin: `-I/home/ann/include`."""
        longest_first = sorted(self.private.folders, key=len, reverse=True)
        return re.compile(rf"(?:{'|'.join(map(re.escape, longest_first))})(?![^{_END}/])[^{_END}]*")


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value as JSON has it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)


def _tells(name: str) -> bool:
    return bool(name) and name.lower() not in COMMON_NAMES


def _shortened(match: re.Match[str]) -> str:
    if match["url"] is not None:
        return match["url"] if match["url"].startswith(("http://", "https://")) else PATH
    quote = match["quote"] or ""
    name = (match["quoted"] or match["bare"]).rpartition("/")[2]
    return f"{quote}{name if _SOURCE.search(name) else PATH}{quote}"
