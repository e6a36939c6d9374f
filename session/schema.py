"""The tables of a session file. docs/session-format.md explains them."""

from __future__ import annotations

import re

APPLICATION_ID = 0x444C5052
"""`DLPR`: the SQLite application id in the file's header, so that file(1) and readers know a session."""

VERSION = 2

SINCE_2 = {
    "": frozenset({"probe", "device_load"}),
    "turn": frozenset({"sampled", "others_cpu_ns", "steal_ns", "throttled_ns"}),
    "host_memory": frozenset({"pss"}),
}
"""What version 1 had not: whole tables under the empty name, and columns by table. Read as NULL."""

TABLES: dict[str, str] = {
    "meta": "(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "run": "(id INTEGER PRIMARY KEY, lane TEXT NOT NULL, framework TEXT NOT NULL, backend TEXT, mode TEXT NOT NULL,"
    " task TEXT NOT NULL, repeat INTEGER NOT NULL, device TEXT NOT NULL, batch_size INTEGER NOT NULL)",
    "step": "(run INTEGER NOT NULL, idx INTEGER NOT NULL, start_ns INTEGER NOT NULL, total_ns INTEGER NOT NULL,"
    " data_ns INTEGER, forward_ns INTEGER, backward_ns INTEGER, optimizer_ns INTEGER, loss REAL,"
    " flags INTEGER NOT NULL, turn INTEGER NOT NULL, PRIMARY KEY (run, idx)) WITHOUT ROWID",
    "turn": "(run INTEGER NOT NULL, idx INTEGER NOT NULL, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,"
    " waited INTEGER NOT NULL, sampled INTEGER, others_cpu_ns INTEGER, steal_ns INTEGER, throttled_ns INTEGER,"
    " PRIMARY KEY (run, idx)) WITHOUT ROWID",
    "probe": "(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, t_ns INTEGER NOT NULL, forward_ns INTEGER NOT NULL,"
    " backward_ns INTEGER NOT NULL)",
    "host_memory": "(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, t_ns INTEGER NOT NULL, uss INTEGER,"
    " rss INTEGER NOT NULL, peak_rss INTEGER, processes INTEGER NOT NULL, pss INTEGER)",
    "allocator_memory": "(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, t_ns INTEGER NOT NULL, allocated INTEGER,"
    " reserved INTEGER, peak INTEGER, reason TEXT)",
    "device_memory": "(id INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL, device TEXT NOT NULL, used INTEGER,"
    " total INTEGER, reason TEXT)",
    "process_memory": "(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, t_ns INTEGER NOT NULL, device TEXT NOT NULL,"
    " used INTEGER, reason TEXT)",
    "device_load": "(id INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL, device TEXT NOT NULL, utilization REAL,"
    " others_utilization REAL, power_mw INTEGER, clock_mhz INTEGER, throttle TEXT, reason TEXT)",
    "frame": "(id INTEGER PRIMARY KEY, name TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL)",
    "stack": "(id INTEGER PRIMARY KEY, frames TEXT NOT NULL)",
    "stack_segment": "(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, stored_ns INTEGER NOT NULL, hz INTEGER NOT NULL,"
    " covered_ns INTEGER NOT NULL, errors INTEGER NOT NULL, reason TEXT)",
    "stack_span": "(id INTEGER PRIMARY KEY, segment INTEGER NOT NULL, t_ns INTEGER NOT NULL,"
    " duration_ns INTEGER NOT NULL, thread INTEGER NOT NULL, main INTEGER NOT NULL, stack INTEGER NOT NULL)",
    "event": "(id INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL, run INTEGER, kind TEXT NOT NULL, data TEXT NOT NULL)",
}


def statements(version: int) -> dict[str, str]:
    """The statement that made each table of a session of `version`, by the table's name."""
    absent = SINCE_2 if version < 2 else {}
    return {
        name: f"CREATE TABLE {name} {_without(absent.get(name, frozenset()), columns)}"
        for name, columns in TABLES.items()
        if name not in absent.get("", frozenset())
    }


def _without(names: frozenset[str], columns: str) -> str:
    return re.sub(rf", (?:{'|'.join(names)}) \w+(?=[,)])", "", columns) if names else columns


def create_statements() -> list[str]:
    """The statements that make an empty session."""
    return [
        f"PRAGMA application_id = {APPLICATION_ID}",
        f"PRAGMA user_version = {VERSION}",
        *statements(VERSION).values(),
    ]
