"""The line of time below the lanes: pure."""

from __future__ import annotations


def timeline(position_ns: int, end_ns: int, window: tuple[int, int] | None, width: int) -> str:
    """The whole session in `width` characters, with the moment that is shown, and the stretch that plots show."""
    times = f"{position_ns / 1e9:7.1f} / {end_ns / 1e9:.1f} s"
    cells = max(width - 22, 10)

    def cell(t_ns: int) -> int:
        return min(int(t_ns / end_ns * cells) if end_ns else 0, cells - 1)

    line = ["─"] * cells
    if window is not None:
        first, last = cell(window[0]), cell(window[1])
        line[first : last + 1] = "━" * (last + 1 - first)
    line[cell(position_ns)] = "●"
    return "".join(line) + times
