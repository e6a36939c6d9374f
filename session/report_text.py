"""A report as text for a terminal, at most 100 columns."""

from __future__ import annotations

from typing import Any

from dlprof.session.records import PHASES
from dlprof.session.text import clean_line

LEGEND = (
    "p50 in ms over counted steps: not warm-up, cold (right after a wait), compiled anew or dark (unstamped).",
    "Clocks: h host, g in-graph, e cuda-event, ~ probe (an estimate), - not available. other: what the measured",
    "phases leave of the step. cost: what dlprof adds, from steps without stamps and turns without stack sampling.",
    "Intervals are 95 %. One start of a process differs from the next by 1-2 %, which only repeats show. Faster:",
    "beyond the margin, by repeats whose interval excludes 1, or by an interval beyond the margin where the",
    "spread of starts is assumed. Same: within the margin, both one-sided 5 % tests.",
    "Host memory: what import, model and first steps add; growth a second of stepping, if it is not 0.",
)
_FOOTPRINT = (
    ("host: import", "host_import_bytes"),
    ("  model, data", "host_model_bytes"),
    ("  first steps", "host_first_steps_bytes"),
    ("  peak", "host_peak_bytes"),
)
_COLUMNS = 5
_CLOCKS = {"host": "h", "in-graph": "g", "cuda-event": "e", "probe": "~"}


def report_text(figures: dict[str, Any], state: str | None = None) -> str:
    """The report `figures` (of `session.report.report`) in words and tables; `state` is the session's, where known."""
    lines = _header(figures["session"], state)
    if figures["session"]["leaves_out_disturbed"]:
        lines.append(_left_out(figures["runs"]))
    for task in dict.fromkeys(run["task"] for run in figures["runs"]):
        runs = [run for run in figures["runs"] if run["task"] == task]
        lines += ["", task]
        for start in range(0, len(runs), _COLUMNS):
            lines += _table(runs[start : start + _COLUMNS])
        lines += [*_notes(runs), *_failures(runs)]
        lines += [line for pair in figures["lanes"] if pair["task"] == task for line in _pair(pair)]
        lines += _frames(runs)
    return "\n".join([*lines, "", *LEGEND])


def _header(session: dict[str, Any], state: str | None) -> list[str]:
    machine = session["machine"] if isinstance(session["machine"], dict) else {}
    gpus = machine.get("gpus") or []
    names = ", ".join(str(gpu.get("name")) for gpu in gpus if isinstance(gpu, dict)) or "no GPU"
    cores = machine.get("cores") or {}
    state = state or ("complete" if session["complete"] else "being recorded, or cut short")
    noted = "" if state == "complete" else f" ({state})"
    return [
        clean_line(f"session {session['name']}, {session['started_at']}{noted}", 100),
        *([clean_line(f"note: {session['note']}", 100)] if session["note"] else []),
        clean_line(f"{machine.get('cpu')}, {cores.get('usable') or cores.get('logical')} cores, {names}", 100),
    ]


def _left_out(runs: list[dict[str, Any]]) -> str:
    unknown = [_name(run, 16) for run in runs if run["turns"]["disturbed"] is None]
    count = sum(run["turns"]["left_out"] for run in runs)
    return clean_line(
        f"disturbed turns left out: {count}{'; not known of ' if unknown else ''}{', '.join(unknown)}", 100
    )


def _table(runs: list[dict[str, Any]]) -> list[str]:
    rows = [("", [_name(run, 16) for run in runs])]
    rows.append(("version", [str(run["framework_version"] or "-") for run in runs]))
    rows.append(("status", [run["status"] for run in runs]))
    rows.append(("step p50 ms", [_ms(run["step"], "median_ms") for run in runs]))
    rows.append(("step p95 ms", [_ms(run["step"], "p95_ms") for run in runs]))
    rows += [(f"  {phase}", [_ms(run["phases"][phase], "median_ms") for run in runs]) for phase in PHASES]
    rows.append(("samples/s", [_number(run["throughput"]["samples_per_s"], "{:,.0f}") for run in runs]))
    rows.append(("steps counted", [str(run["steps"]["counted"]) for run in runs]))
    rows.append(("warm-up+cold", [f"{run['steps']['warmup']}+{run['steps']['cold']}" for run in runs]))
    rows.append(("compiled+dark", [f"{run['steps']['compiled']}+{run['steps']['dark']}" for run in runs]))
    rows.append(("dropped", [str(run["steps"]["dropped"]) for run in runs]))
    rows.append(("turns", [str(run["turns"]["total"]) for run in runs]))
    rows.append(("  disturbed", [_disturbed(run["turns"]) for run in runs]))
    costs = [run["overhead"] or {} for run in runs]
    rows.append(("cost of stamps", [_cost(cost) for cost in costs]))
    rows.append(("cost of stacks", [_cost(cost.get("stacks") or {}) for cost in costs]))
    rows.append(("loss last", [_number(run["loss"]["last"], "{:.4f}") for run in runs]))
    rows.append(("accuracy", [_number(run["metrics"].get("accuracy"), "{:.3f}") for run in runs]))
    rows.append(("F1", [_number(run["metrics"].get("f1"), "{:.3f}") for run in runs]))
    rows += [(name, [_bytes(run["memory"][key]) for run in runs]) for name, key in _FOOTPRINT]
    rows.append(("  growth", [_growth(run["memory"]) for run in runs]))
    rows.append(("stack samples", [str(run["stacks"]["samples"] or "-") for run in runs]))
    return [f"{name:15}" + "".join(f"{value:>17}" for value in values) for name, values in rows]


def _failures(runs: list[dict[str, Any]]) -> list[str]:
    return [
        clean_line(f"{run['lane']} {run['status']}: {run['error'].get('cause') or run['error'].get('message')}", 200)
        for run in runs
        if run["error"]
    ]


def _pair(pair: dict[str, Any]) -> list[str]:
    first, second = (clean_line(name, 30) for name in pair["pair"])
    if pair["step_ratio"] is None:
        return [f"{first} and {second}: inconclusive, {pair['step_ratio_reason']}"]
    ratio, (low, high) = pair["step_ratio"], pair["ci95"]
    if pair["verdict"] == "second faster":
        first, second, ratio, low, high = second, first, 1 / ratio, 1 / high, 1 / low
    spread = pair["process_spread"]
    repeats = f"{pair['repeats']} repeat{'s' if pair['repeats'] > 1 else ''}"
    basis = f"  {repeats}, spread of starts {spread['sd']:.1%}{', assumed' if spread['assumed'] else ''}"
    if pair["verdict"].endswith("faster"):
        return [f"{first} {ratio:.2f}x faster than {second}, {low:.2f}-{high:.2f}", basis]
    margin = f" within {pair['margin']:.0%}" if pair["verdict"] == "same" else ""
    line = f"{first} and {second}: {pair['verdict']}{margin} (step ratio {ratio:.2f}, {low:.2f}-{high:.2f})"
    return [line, f"{basis}; {pair['reason']}" if "reason" in pair else basis]


def _name(run: dict[str, Any], width: int) -> str:
    repeat = f"#{run['repeat'] + 1}" if run["repeat"] else ""
    return clean_line(run["lane"], width - len(repeat)) + repeat


def _notes(runs: list[dict[str, Any]]) -> list[str]:
    """What stands behind a phase under another name, and why a phase of a lane that stepped is not available."""
    said: dict[tuple[str, str], dict[str, None]] = {}
    for run in runs:
        for name, phase in run["phases"].items():
            if run["steps"]["counted"] and phase["median_ms"] is None:
                said.setdefault((run["lane"], phase["median_ms_reason"]), {})[name] = None
            elif "label" in phase:
                said.setdefault((run["lane"], f"~ {phase['label']}"), {})[name] = None
    return [clean_line(f"{lane} {', '.join(phases)}: {what}", 100) for (lane, what), phases in said.items()]


def _disturbed(turns: dict[str, Any]) -> str:
    if turns["disturbed"] is None:
        return "-"
    return f"{turns['disturbed']}{' left out' if turns['left_out'] else ''}"


def _cost(overhead: dict[str, Any]) -> str:
    if overhead.get("ratio") is None:
        return "-"
    low, high = overhead["ci95"]
    return f"{overhead['ratio'] - 1:+.1%} \u00b1{(high - low) / 2:.1%}"


def _frames(runs: list[dict[str, Any]]) -> list[str]:
    lines = []
    for run in runs:
        for top in run["stacks"]["top"][:3]:
            lines.append(clean_line(f"{run['lane']:12} {top['share']:4.0%}  {top['frame']}", 100))
    return ["", "hottest frames", *lines] if lines else []


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
