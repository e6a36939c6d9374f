"""Trees, flames and tables of stacks as lines: pure."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from rich.cells import set_cell_size

from dlprof.session.call_tree import Call, FunctionTime, Path
from dlprof.session.stacks import Function
from dlprof.tui.stack_search import time_in
from dlprof.tui.stack_views import StacksView

OPEN_FROM = 0.05
"""The share of all from which on a call is open at first."""
NEARLY_ALL = 0.95
ROOMY = 110
"""Characters from which on a line has room for whole paths of files."""


def title_line(task: str, view: StacksView, width: int) -> str:
    """What is shown: task, lanes, time, samples; in `width` characters, where it can be said so shortly."""
    lanes = view.lane if view.beside is None else f"{view.lane} | {view.beside}"
    time = f"{view.start_ns / 1e9:.1f} to {view.end_ns / 1e9:.1f} s"
    said = f"{task}  {lanes}  {time}  {view.samples:,.0f} samples"
    return next(
        (line for line in (f"stacks  {said} of the main thread", f"stacks  {said}") if len(line) <= width), said
    )


def phases_line(view: StacksView) -> str:
    """The phases that there are, with their shares; the one that is shown in brackets."""
    names = [("all", ""), *((phase, f" {share:.0%}") for phase, share in view.phases)]
    shown = view.phase or "all"
    return "phase " + "  ".join(f"[{name}]{share}" if name == shown else f"{name}{share}" for name, share in names)


def detail(chosen: Call | FunctionTime, view: StacksView) -> str:
    """All that is known of a call or a function, in two lines."""
    root = view.root
    place = f"  {chosen.file}:{chosen.line}" if chosen.file else ""
    times = f"{percent(chosen.ns, root.ns).strip()}, own {percent(chosen.own_ns, root.ns).strip()}"
    if view.beside is not None:
        both = (percent(ns, root.beside_ns).strip() for ns in (chosen.beside_ns, chosen.beside_own_ns))
        times = f"{view.lane}: {times}   {view.beside}: {', own '.join(both)}"
    return f"{chosen.name}{place}\n{times}   of {root.ns / 1e9:.1f} s sampled"


def found_line(part: str, found: Sequence[Call], root: Call) -> str:
    """How many calls were found by `part` of a name, and their share of the time."""
    calls = "1 call" if len(found) == 1 else f"{len(found)} calls"
    return f"search {part!r}: {calls}, {percent(time_in(found), root.ns).strip()} of the time"


@dataclass(frozen=True)
class TreeRow:
    """One call of a tree that is written down. `indent` grows only where there are several calls to choose from."""

    call: Call
    indent: int
    opened: bool | None
    """None where it calls nothing."""


@dataclass(frozen=True)
class Box:
    """A call in a flame: `width` characters from `column` on."""

    call: Call
    column: int
    width: int


def opened_at_first(root: Call) -> frozenset[Path]:
    """The calls that are worth a look: those that lead to a good share of all."""
    least = OPEN_FROM * (root.ns + root.beside_ns)
    return frozenset(call.path for call in root.walk() if call.calls and call.ns + call.beside_ns >= least)


def tree_rows(root: Call, opened: Set[Path]) -> tuple[TreeRow, ...]:
    """The calls to be seen, top down."""
    rows: list[TreeRow] = []
    waiting = [(call, 0) for call in reversed(root.calls)]
    while waiting:
        call, indent = waiting.pop()
        is_open = call.path in opened if call.calls else None
        rows.append(TreeRow(call, indent, is_open))
        if is_open:
            deeper = indent + (len(call.calls) > 1)
            waiting += [(below, deeper) for below in reversed(call.calls)]
    return tuple(rows)


def tree_head(lane: str, beside: str | None) -> str:
    """The names of the columns of `tree_line`."""
    return "  total    own  call" if beside is None else f"{_names(lane, beside)}  change  call"


def tree_line(row: TreeRow, root: Call, width: int, beside: str | None, found: Set[Path]) -> str:
    """One call: its shares of the sampled time, in both lanes where there are two, its name, file and line.

    `found`: the calls that are marked as what was searched for.
    """
    call, mark = row.call, {None: " ", True: "-", False: "+"}[row.opened]
    name = f"*{call.name}" if call.path in found else call.name
    shares = (
        _shares((call.ns, root.ns), (call.own_ns, root.ns))
        if beside is None
        else _change(call.ns, root.ns, call.beside_ns, root.beside_ns)
    )
    return f"{shares}  {'  ' * row.indent}{mark} {name}  {where(call.file, call.line, width)}"


def function_head(lane: str, beside: str | None) -> str:
    """The names of the columns of `function_line`."""
    return (
        "  total    own  function" if beside is None else f"{lane[:7]:>7}{beside[:8]:>9}  change  own time of function"
    )


def function_line(function: FunctionTime, root: Call, width: int, beside: str | None, found: Set[Function]) -> str:
    """One function: as `tree_line`, where two lanes stand beside each other with its own time alone."""
    name = f"*{function.name}" if (function.name, function.file) in found else function.name
    shares = (
        _shares((function.ns, root.ns), (function.own_ns, root.ns))
        if beside is None
        else _change(function.own_ns, root.ns, function.beside_own_ns, root.beside_ns)
    )
    return f"{shares}  {name}  {where(function.file, function.line, width)}"


def where(file: str, line: int, width: int) -> str:
    """File and line, the file without its folders in a narrow line."""
    return f"{file if width >= ROOMY else file.rpartition('/')[2]}:{line}"


def percent(part: int, whole: int) -> str:
    """A share, 6 wide; `n/a` where there is no whole."""
    return f"{part / whole:6.1%}" if whole else "   n/a"


def _shares(*parts: tuple[int, int]) -> str:
    return " ".join(percent(part, whole) for part, whole in parts)


def _change(ns: int, of_ns: int, beside_ns: int, beside_of_ns: int) -> str:
    change = f"{100 * (beside_ns / beside_of_ns - ns / of_ns):+7.1f}" if of_ns and beside_of_ns else "    n/a"
    return f"{percent(ns, of_ns):>10}  {percent(beside_ns, beside_of_ns):>10} {change}"


def _names(lane: str, beside: str) -> str:
    return f"{lane[:10]:>10}  {beside[:10]:>10}"


def flame_head(lane: str, top: Call) -> str:
    """Whose flame it is, and what called its top."""
    return "  ".join([lane, *(["under " + " > ".join(name for name, _ in top.path[:-1])] if top.path[:-1] else [])])


def flame_rows(top: Call, width: int) -> tuple[tuple[Box, ...], ...]:
    """`top` over the whole width, under each call what it called, as wide as its time; what is too thin is left out."""
    rows: list[tuple[Box, ...]] = []
    row = (Box(top, 0, width),) if width > 0 else ()
    while row:
        rows.append(row)
        row = tuple(below for box in row for below in _boxes_below(box))
    return tuple(rows)


def _boxes_below(box: Box) -> list[Box]:
    boxes, begun_ns = [], 0
    for call in box.call.calls:
        column = round(begun_ns / box.call.ns * box.width) if box.call.ns else 0
        begun_ns += call.ns
        end = round(begun_ns / box.call.ns * box.width) if box.call.ns else 0
        if end > column:
            boxes.append(Box(call, box.column + column, end - column))
    return boxes


def box_text(name: str, width: int, *, found: bool) -> str:
    """A box of `width` characters, with as much of the name as fits; `found`: marked as what was searched for."""
    if width < 3:
        return "|" if width == 1 else "[]"
    return f"[{set_cell_size(('*' if found else '') + name, width - 2)}]"


def first_branch(root: Call) -> Call:
    """The innermost call that holds nearly all of the time: those above it are the same for nearly every sample."""
    call = root
    while call.calls and call.calls[0].ns >= NEARLY_ALL * root.ns > 0:
        call = call.calls[0]
    return call
