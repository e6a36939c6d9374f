"""The deployments of a task's runs as tables for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dlprof.session.layout import columns, wrapped
from dlprof.session.report.wording import SIZE, value_text
from dlprof.session.text import clean_line

LEGEND = (
    "Deployment: save, load, cold, p50 and p95 by the host's clock; cold is from the start of a process to its "
    "first prediction, p50 and p95 are of one sample, samples/s in batches of 32; peak is the process's memory; "
    "differs is the largest difference of logits, with ! beyond 1e-5. Installed is the framework and all that it "
    "requires."
)
_LONGEST_NAME = 32


def _mib(form: str) -> Callable[[int], str]:
    return lambda size: f"{form.format(size / 2**20)} MiB"


_COLUMNS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("size", "bytes", _mib("{:,.2f}")),
    ("save ms", "save_ms", "{:,.0f}".format),
    ("load ms", "load_ms", "{:,.0f}".format),
    ("cold ms", "cold_start_ms", "{:,.0f}".format),
    ("p50 ms", "latency_p50_ms", "{:.3f}".format),
    ("p95 ms", "latency_p95_ms", "{:.3f}".format),
    ("samples/s", "samples_per_s", "{:,.0f}".format),
    ("peak", "peak_bytes", _mib("{:,.0f}")),
)


def deployment_text(runs: Sequence[tuple[str, Mapping[str, Any] | None]], width: int) -> list[str]:
    """Lines of at most `width` for `runs`, each a name and the report's `deploy`; none where nothing was deployed."""
    deployed = [(name, deploy) for name, deploy in runs if deploy is not None]
    return ["", "deployment", *(line for each in deployed for line in _run(*each, width))] if deployed else []


def _run(name: str, deploy: Mapping[str, Any], width: int) -> Iterator[str]:
    yield from wrapped(clean_line(f"{name}: {_installed(deploy['install'])}"), width, "", "  ")
    worked = [format for format in deploy["formats"] if format["worked"]]
    if worked:
        head = ("", *(title for title, _, _ in _COLUMNS), "differs")
        yield from _fitted([head, *map(_row, worked)], width)
    for format in deploy["formats"]:
        if not format["worked"]:
            yield from wrapped(clean_line(f"{format['format']}: n/a: {format['reason']}", 300), width, "  ", "    ")


def _installed(install: Mapping[str, Any]) -> str:
    if install["bytes"] is None:
        return f"installed n/a: {install['bytes_reason']}"
    packages = f"{install['distributions']} packages, {value_text(SIZE, install['bytes'])}"
    return f"installed {packages}, import {install['import_ms'] / 1e3:.1f} s"


def _row(format: Mapping[str, Any]) -> tuple[str, ...]:
    values = [(format[key], text) for _, key, text in _COLUMNS]
    cells = ("-" if value is None else text(value) for value, text in values)
    return (f"  {clean_line(format['format'], _LONGEST_NAME)}", *cells, _difference(format))


def _fitted(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """With less between the columns where they would be too wide."""
    wide = columns(rows, "<>")
    return wide if max(map(len, wide)) <= width else columns(rows, "<>", 1)


def _difference(format: Mapping[str, Any]) -> str:
    difference = format["largest_difference"]
    return "unknown" if difference is None else f"{difference:.0e}{'' if format['equal'] else '!'}"
