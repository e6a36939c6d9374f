"""Sampled stacks, merged into a tree of calls; those of a second lane can stand beside them, call by call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dlprof.session.records import Frame
from dlprof.session.stacks import Function, Stack, StackTimes, function_of

DEEPEST = 200
"""Calls deeper than that count as the own time of the call at that depth: no tree is read so far down."""

Path = tuple[Function, ...]
"""The calls that lead to one, it included, the outermost first."""


@dataclass(frozen=True)
class Call:
    """A function as it was called from one place in the tree, and what it called.

    Times are sampled ns, `own_ns` without what it called; `beside_ns` and `beside_own_ns` are those of the second lane.
    `line` is the one at which it was seen for the longest. `calls`: the longest first.
    """

    path: Path
    line: int
    ns: int
    own_ns: int
    beside_ns: int
    beside_own_ns: int
    calls: tuple[Call, ...]

    @property
    def name(self) -> str:
        """The function's name."""
        return self.path[-1][0] if self.path else "all"

    @property
    def file(self) -> str:
        """The function's file, without the folder of its environment."""
        return self.path[-1][1] if self.path else ""

    def walk(self) -> Iterator[Call]:
        """The call and all below it, in the order of a tree that is written down."""
        yield self
        for call in self.calls:
            yield from call.walk()

    def at(self, path: Path) -> Call | None:
        """The call of that path, which begins at the root of the tree."""
        found: Call | None = self
        for depth in range(len(self.path), len(path)):
            if found is None:
                return None
            found = next((call for call in found.calls if call.path[-1] == path[depth]), None)
        return found


class _Building:
    __slots__ = ("beside_ns", "beside_own_ns", "calls", "lines", "ns", "own_ns")

    def __init__(self) -> None:
        self.ns = self.own_ns = self.beside_ns = self.beside_own_ns = 0
        self.lines: dict[int, int] = {}
        self.calls: dict[Function, _Building] = {}


def call_tree(times: StackTimes, beside: StackTimes = ()) -> Call:
    """The root, which is no function: it stands for all of the sampled time."""
    root = _Building()
    functions: dict[Frame, Function] = {}
    for stack, ns in times:
        called = _called(root, stack, functions)
        for building, frame in zip(called[1:], stack, strict=False):
            building.lines[frame.line] = building.lines.get(frame.line, 0) + ns
        for building in called:
            building.ns += ns
        called[-1].own_ns += ns
    for stack, ns in beside:
        called = _called(root, stack, functions)
        for building, frame in zip(called[1:], stack, strict=False):
            building.lines.setdefault(frame.line, 0)
        for building in called:
            building.beside_ns += ns
        called[-1].beside_own_ns += ns
    return _finished((), root)


def _called(root: _Building, stack: Stack, functions: dict[Frame, Function]) -> list[_Building]:
    """The root, and the calls of `stack`."""
    called = [root]
    for frame in stack[:DEEPEST]:
        function = functions.get(frame)
        if function is None:
            function = functions[frame] = function_of(frame)
        calls = called[-1].calls
        building = calls.get(function)
        if building is None:
            building = calls[function] = _Building()
        called.append(building)
    return called


def _finished(path: Path, building: _Building) -> Call:
    calls = sorted(building.calls.items(), key=lambda item: (-item[1].ns, -item[1].beside_ns, item[0]))
    return Call(
        path,
        max(building.lines, key=lambda line: (building.lines[line], -line), default=0),
        building.ns,
        building.own_ns,
        building.beside_ns,
        building.beside_own_ns,
        tuple(_finished((*path, function), call) for function, call in calls),
    )


@dataclass(frozen=True)
class FunctionTime:
    """A function, wherever it was called from: the longest line, time with and without what it called, as in `Call`."""

    name: str
    file: str
    line: int
    ns: int
    own_ns: int
    beside_ns: int
    beside_own_ns: int


def function_times(root: Call) -> tuple[FunctionTime, ...]:
    """Every function of a tree, the one with the largest share of own time in either lane first.

    Recursion counts once.
    """
    found: dict[Function, list[int]] = {}
    lines: dict[Function, tuple[int, int]] = {}
    for call in root.walk():
        if not call.path:
            continue
        function = call.path[-1]
        sums = found.setdefault(function, [0, 0, 0, 0])
        outermost = function not in call.path[:-1]
        for place, ns in enumerate((call.ns * outermost, call.own_ns, call.beside_ns * outermost, call.beside_own_ns)):
            sums[place] += ns
        lines[function] = max(lines.get(function, (-1, 0)), (call.own_ns, call.line))
    times = (FunctionTime(*function, lines[function][1], *sums) for function, sums in found.items())
    whole, beside = max(root.ns, 1), max(root.beside_ns, 1)

    def order(each: FunctionTime) -> tuple[float, int, str, str]:
        return -max(each.own_ns / whole, each.beside_own_ns / beside), -each.ns, each.name, each.file

    return tuple(sorted(times, key=order))
