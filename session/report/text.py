"""A report as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

from dlprof.session.data_used import sentence
from dlprof.session.figures import grouped, ratio_figure, times
from dlprof.session.layout import NARROWEST, columns, wrapped
from dlprof.session.records import PHASES, UNFINISHED
from dlprof.session.report.deployment_text import LEGEND as DEPLOYMENT_LEGEND
from dlprof.session.report.deployment_text import deployment_text
from dlprof.session.text import clean_line

LEGEND = (
    "p50 in ms over counted steps: not warm-up, cold (right after a wait), compiled anew or dark (unstamped). "
    "Clocks: h host, g in-graph, e cuda-event, ~ probe (an estimate), - not available. other: what the measured "
    "phases leave of the step. cost: what dlprof adds, from steps without stamps and turns without stack sampling. "
    "Intervals are 95 %. One start of a process differs from the next by 1-2 %, which only repeats show. Faster: "
    "beyond the margin, by repeats whose interval excludes 1, or by an interval beyond the margin where the "
    "spread of starts is assumed. Same: within the margin, both one-sided 5 % tests. "
    "Host memory: what import, model and first steps add; growth a second of stepping, if it is not 0."
)
_FOOTPRINT = (
    ("host: import", "host_import_bytes"),
    ("  model, data", "host_model_bytes"),
    ("  first steps", "host_first_steps_bytes"),
    ("  peak", "host_peak_bytes"),
)
_METRICS = (
    ("held-out loss", "loss", "{:.4f}"),
    ("  accuracy", "accuracy", "{:.3f}"),
    ("  precision", "precision", "{:.3f}"),
    ("  recall", "recall", "{:.3f}"),
    ("  F1", "f1", "{:.3f}"),
)
_GAP = 2
_NAME = 16
"""A name is broken into lines of so many characters, or of the figures below it."""
_LONGEST_NAME = 100
_CLOCKS = {"host": "h", "in-graph": "g", "cuda-event": "e", "probe": "~"}


def report_text(figures: dict[str, Any], width: int, state: str | None = None) -> str:
    """The report `figures` (of `report.figures.report`) in words and tables of at most `width` columns.

    `state` is the session's, where known.
    """
    lines = _header(figures["session"], width, state)
    if figures["session"]["leaves_out_disturbed"]:
        lines += _left_out(figures["runs"], width)
    for task in dict.fromkeys(run["task"] for run in figures["runs"]):
        runs = [run for run in figures["runs"] if run["task"] == task]
        pairs = [pair for pair in figures["lanes"] if pair["task"] == task]
        lines += ["", *wrapped(clean_line(task), width), *_tables(runs, width)]
        lines += wrapped(clean_line(sentence(runs[0]["data"] or {}) or "", 400), width, "", "  ")
        said = [*_notes(runs), *_not_evaluated(runs), *_endings(runs), *([] if pairs else _disturbed_turns(runs))]
        lines += [line for text in said for line in wrapped(text, width, "", "  ")]
        lines += [line for pair in pairs for line in _pair(pair, width)]
        lines += _frames(runs, width)
        lines += deployment_text([(_name(run), run["deploy"]) for run in runs], width)
    legends = [LEGEND, *([DEPLOYMENT_LEGEND] if any(run["deploy"] is not None for run in figures["runs"]) else [])]
    return "\n".join([*lines, "", *(line for legend in legends for line in wrapped(legend, width))])


def _header(session: dict[str, Any], width: int, state: str | None) -> list[str]:
    machine = session["machine"] if isinstance(session["machine"], dict) else {}
    gpus = machine.get("gpus") or []
    names = ", ".join(str(gpu.get("name")) for gpu in gpus if isinstance(gpu, dict)) or "no GPU"
    cores = machine.get("cores") or {}
    state = state or ("complete" if session["complete"] else f"being recorded, or {UNFINISHED}")
    noted = "" if state == "complete" else f" ({state})"
    texts = [f"session {session['name']}, {session['started_at']}{noted}"]
    texts += [f"note: {session['note']}"] if session["note"] else []
    texts.append(f"{machine.get('cpu')}, {cores.get('usable') or cores.get('logical')} cores, {names}")
    return [line for text in texts for line in wrapped(clean_line(text), width, "", "  ")]


def _left_out(runs: list[dict[str, Any]], width: int) -> list[str]:
    unknown = [_name(run) for run in runs if run["turns"]["disturbed"] is None]
    count = sum(run["turns"]["left_out"] for run in runs)
    text = f"disturbed turns left out: {grouped(count)}{'; not known of ' if unknown else ''}{', '.join(unknown)}"
    return wrapped(text, width, "", "  ")


def _tables(runs: list[dict[str, Any]], width: int) -> Iterator[str]:
    """A column for each run, as many side by side as fit; a long name takes as many lines as it needs."""
    labels = [label for label, _ in _cells(runs[0])]
    taken = max(map(len, labels))
    block: list[list[str]] = []
    for run in runs:
        cells = [cell for _, cell in _cells(run)]
        name = wrap(_name(run), max(_NAME, *map(len, cells)))
        needed = _GAP + max(map(len, (*name, *cells)))
        if block and taken + needed > max(width, NARROWEST):
            yield from _table(labels, block)
            block, taken = [], max(map(len, labels))
        block.append([*name, *cells])
        taken += needed
    yield from _table(labels, block)


def _table(labels: Sequence[str], block: Sequence[Sequence[str]]) -> list[str]:
    height = max(map(len, block))
    cells = [[""] * (height - len(column)) + [*column] for column in ([*labels], *block)]
    return columns([*zip(*cells, strict=True)], "<>", _GAP)


def _cells(run: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The rows of a run's column: label and figure."""
    steps, turns, cost = run["steps"], run["turns"], run["overhead"] or {}
    yield "version", str(run["framework_version"] or "-")
    yield "status", run["status"]
    yield "step p50 ms", _ms(run["step"], "median_ms")
    yield "step p95 ms", _ms(run["step"], "p95_ms")
    for phase in PHASES:
        yield f"  {phase}", _ms(run["phases"][phase], "median_ms")
    yield "samples/s", _number(run["throughput"]["samples_per_s"], "{:,.0f}")
    yield "stepping", f"{run['stepping_s']:,.1f} s"
    yield "steps counted", grouped(steps["counted"])
    yield "warm-up+cold", f"{grouped(steps['warmup'])}+{grouped(steps['cold'])}"
    yield "compiled+dark", f"{grouped(steps['compiled'])}+{grouped(steps['dark'])}"
    yield "dropped", grouped(steps["dropped"])
    yield "turns", grouped(turns["total"])
    yield "  disturbed", _disturbed(turns)
    yield "cost of stamps", _cost(cost)
    yield "cost of stacks", _cost(cost.get("stacks") or {})
    yield "loss last", _number(run["loss"]["last"], "{:.4f}")
    for label, key, form in _METRICS:
        yield label, _number(run["metrics"][key], form)
    for label, key in _FOOTPRINT:
        yield label, _bytes(run["memory"][key])
    yield "  growth", _growth(run["memory"])
    yield "stack samples", _number(run["stacks"]["samples"], "{:,.0f}")


def _endings(runs: list[dict[str, Any]]) -> list[str]:
    """Why runs ended that were not completed."""
    causes = [(run, run["stopped"] or _cause(run["error"])) for run in runs]
    return [clean_line(f"{_name(run)} {run['status']}: {cause}", 400) for run, cause in causes if cause]


def _cause(error: dict[str, Any] | None) -> str | None:
    return None if error is None else str(error.get("cause") or error.get("message"))


def _disturbed_turns(runs: list[dict[str, Any]]) -> list[str]:
    """Of runs that no verdict speaks of: how many of their turns were disturbed."""
    return [
        f"{_name(run)}: {_of_turns(turns)}; --leave-out-disturbed does not count them"
        for run in runs
        if (turns := run["turns"])["disturbed"] and not turns["left_out"]
    ]


def _pair(pair: dict[str, Any], width: int) -> Iterator[str]:
    """The verdict on two lanes, what it rests on, and what disturbed turns have to do with it."""
    yield from wrapped(_verdict(pair["pair"], pair), width, "", "    ")
    if pair["step_ratio"] is not None:
        spread, repeats = pair["process_spread"], pair["repeats"]
        basis = f"{repeats} repeat{'s' if repeats > 1 else ''}, spread of starts {spread['sd']:.1%}"
        reason = f"; {pair['reason']}" if "reason" in pair else ""
        yield from wrapped(f"{basis}{', assumed' if spread['assumed'] else ''}{reason}", width, "  ", "    ")
    without = pair["without_disturbed"]
    if without is not None:
        text = f"{_of_turns(pair['turns'])}; without them (--leave-out-disturbed): {_verdict(pair['pair'], without)}"
        yield from wrapped(text, width, "  ", "    ")
    elif pair["turns"]["left_out"]:
        yield from wrapped(f"{_of_turns(pair['turns'])}, and left out", width, "  ", "    ")


def _verdict(lanes: Sequence[str], found: dict[str, Any]) -> str:
    first, second = (clean_line(name, _LONGEST_NAME) for name in lanes)
    if found["step_ratio"] is None:
        return f"{first} and {second}: inconclusive, {found['step_ratio_reason']}"
    ratio, (low, high) = found["step_ratio"], found["ci95"]
    if found["verdict"] == "second faster":
        first, second, ratio, low, high = second, first, 1 / ratio, 1 / high, 1 / low
    interval = f"{ratio_figure(low)}-{ratio_figure(high)}"
    if found["verdict"].endswith("faster"):
        return f"{first} {times(ratio)} faster than {second}, {interval}"
    margin = f" within {found['margin']:.0%}" if found["verdict"] == "same" else ""
    return f"{first} and {second}: {found['verdict']}{margin} (step ratio {ratio_figure(ratio)}, {interval})"


def _of_turns(turns: dict[str, Any]) -> str:
    return f"{grouped(turns['disturbed'])} of {grouped(turns['total'])} turns were disturbed"


def _name(run: dict[str, Any]) -> str:
    repeat = f"#{run['repeat'] + 1}" if run["repeat"] else ""
    return clean_line(run["lane"], _LONGEST_NAME) + repeat


def _notes(runs: list[dict[str, Any]]) -> list[str]:
    """What stands behind a phase under another name, and why a phase of a lane that stepped is not available."""
    said: dict[tuple[str, str], dict[str, None]] = {}
    for run in runs:
        for name, phase in run["phases"].items():
            if run["steps"]["counted"] and phase["median_ms"] is None:
                said.setdefault((run["lane"], phase["median_ms_reason"]), {})[name] = None
            elif "label" in phase:
                said.setdefault((run["lane"], f"~ {phase['label']}"), {})[name] = None
    return [clean_line(f"{lane} {', '.join(phases)}: {what}", 400) for (lane, what), phases in said.items()]


def _not_evaluated(runs: list[dict[str, Any]]) -> list[str]:
    """Why a run that came to its end has no metrics."""
    silent = [run for run in runs if run["status"] == "completed" and run["metrics"]["accuracy"] is None]
    return [clean_line(f"{_name(run)} metrics: {run['metrics']['accuracy_reason']}", 400) for run in silent]


def _disturbed(turns: dict[str, Any]) -> str:
    if turns["disturbed"] is None:
        return "-"
    return f"{grouped(turns['disturbed'])}{' left out' if turns['left_out'] else ''}"


def _cost(overhead: dict[str, Any]) -> str:
    if overhead.get("ratio") is None:
        return "-"
    low, high = overhead["ci95"]
    return f"{overhead['ratio'] - 1:+.1%} \u00b1{(high - low) / 2:.1%}"


def _frames(runs: list[dict[str, Any]], width: int) -> Iterator[str]:
    sampled = [run for run in runs if run["stacks"]["top"]]
    if sampled:
        yield from ("", "hottest frames")
    for run in sampled:
        yield from wrapped(_name(run), width)
        for top in run["stacks"]["top"][:3]:
            yield from wrapped(clean_line(f"{top['share']:4.0%}  {top['frame']}", 400), width, "  ", " " * 8)


def _ms(row: dict[str, Any], key: str) -> str:
    value = row[key]
    return "-" if value is None else f"{value:.3f} {_CLOCKS.get(row['clock'], '-')}"


def _number(value: Any, form: str) -> str:
    return "-" if value is None else form.format(value)


def _bytes(value: int | None) -> str:
    return "-" if value is None else f"{value / 2**20:,.0f} MiB"


def _growth(memory: dict[str, Any]) -> str:
    interval = memory["host_slope_ci95_bytes_per_s"]
    if interval is None:
        return "-"
    low, high = interval
    return "none seen" if low <= 0 <= high else f"{memory['host_slope_bytes_per_s'] / 2**10:+,.0f} KiB/s"
