"""Which calls of a tree are searched for."""

from __future__ import annotations

from collections.abc import Sequence

from dlprof.session.call_tree import Call, Path


def calls_named(root: Call, part: str) -> tuple[Call, ...]:
    """The calls with `part` in their function's name or file, in the order of the tree; none for an empty one."""
    wanted = part.casefold()
    if not wanted:
        return ()
    return tuple(call for call in root.walk() if call.path and any(wanted in word.casefold() for word in call.path[-1]))


def time_in(calls: Sequence[Call]) -> int:
    """Sampled time in any of `calls`, ns: of a call inside another one that of the outer alone."""
    paths = {call.path for call in calls}
    outermost = (call for call in calls if not any(call.path[:depth] in paths for depth in range(1, len(call.path))))
    return sum(call.ns for call in outermost)


def hottest(calls: Sequence[Call]) -> Path:
    """Where to look first."""
    return max(calls, key=lambda call: (call.ns, call.beside_ns)).path


def next_match(calls: Sequence[Call], chosen: Path, direction: int) -> Path:
    """The match after the chosen one, or before it; the hottest where none is chosen."""
    paths = [call.path for call in calls]
    return paths[(paths.index(chosen) + direction) % len(paths)] if chosen in paths else hottest(calls)
