"""What a report recommends: a lane for fast training, for small memory, for easy deployment; or none, and why.

A lane is recommended that wins more than half of what is looked at, is beaten by no other lane in any of it, and did
not fail. Anything less is no clear winner, and the report says who won what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlprof.session.figures import known
from dlprof.session.records import FAILED_STATUSES
from dlprof.session.report.judging import FIRST, SECOND
from dlprof.session.report.tables import DEPLOYMENT, MEMORY, TIME

FAST, SMALL, EASY = "fast training", "small memory", "easy deployment"
NO_CLEAR_WINNER = "no clear winner here"
_MEMORY_ROWS = ("gpu_process_peak_bytes", "host_peak_bytes")
"""The first that two lanes have decides."""
_DEPLOYMENT_ROWS = ("cold_start_ms", "latency_p50_ms", "install_bytes")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class _Item:
    """A row that carries a recommendation, and where it stands."""

    task: str
    table: str
    row: Row

    @property
    def loser(self) -> set[str]:
        """The lanes that another one beats."""
        places = {FIRST: 1, SECOND: 0}
        return {pair["pair"][places[pair["better"]]] for pair in self.row["pairs"] if pair["better"] in places}


def recommendations(tables: Sequence[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The three of them, each with the rows that carry it. `runs` are the report's."""
    failed = {run["lane"] for run in runs if run["status"] in FAILED_STATUSES}
    fast = _recommended(FAST, _rows(tables, TIME, ("step",)), failed)
    items = _rows(tables, DEPLOYMENT, _DEPLOYMENT_ROWS)
    installed = [item for item in items if item.row["quantity"] == "install_bytes"]
    once = [item for item in items if item not in installed[1:]]  # a framework is installed once for all tasks
    return [fast, _recommended(SMALL, _memory(tables), failed), _recommended(EASY, once, failed)]


def _rows(tables: Sequence[Mapping[str, Any]], name: str, quantities: Sequence[str]) -> list[_Item]:
    return [
        _Item(table["task"], name, row)
        for table in tables
        if table["table"] == name
        for row in table["rows"]
        if row["quantity"] in quantities
    ]


def _memory(tables: Sequence[Mapping[str, Any]]) -> list[_Item]:
    found = {}
    for name in reversed(_MEMORY_ROWS):
        for item in _rows(tables, MEMORY, (name,)):
            if item.row["pairs"] or item.task not in found:
                found[item.task] = item
    return [*found.values()]


def _recommended(purpose: str, items: Sequence[_Item], failed: set[str]) -> dict[str, Any]:
    won = Counter(item.row["winner"] for item in items if item.row["winner"] is not None)
    beaten = {lane: [item for item in items if lane in item.loser] for lane in won}
    lane = next((lane for lane, count in won.items() if 2 * count > len(items) and not beaten[lane]), None)
    why = "" if lane is not None and lane not in failed else _why_none(items, won, beaten, failed)
    return {
        "purpose": purpose,
        **known("lane", None if why else lane, why),
        "wins": dict(won),
        "of": len(items),
        "figures": [{"task": item.task, "table": item.table, "quantity": item.row["quantity"]} for item in items],
    }


def _why_none(
    items: Sequence[_Item], won: Counter[str], beaten: Mapping[str, Sequence[_Item]], failed: set[str]
) -> str:
    if not items:
        return "nothing was measured of it"
    if not won:
        return items[0].row["winner_reason"] if len(items) == 1 else f"none of {len(items)} figures names a winner"
    lane, count = won.most_common(1)[0]
    wins = f"{lane} wins {count} of {len(items)}"
    if lane in failed:
        return f"{wins}, but a run of it failed"
    if beaten[lane]:
        item = beaten[lane][0]
        return f"{wins}, but is beaten in {item.task}, {item.row['label']}"
    return f"{wins}, which is not more than half"
