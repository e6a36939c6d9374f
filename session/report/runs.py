"""What reports say of each run by itself, and of each two lanes, in words and figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dlprof.session.data_used import sentence
from dlprof.session.figures import grouped, loss_figure, ratio_figure, times
from dlprof.session.lane_verdicts import INCONCLUSIVE
from dlprof.session.records import PHASES, UNFINISHED
from dlprof.session.report.lane_settings import lane_settings
from dlprof.session.report.wording import CLOCKS, starts_text
from dlprof.session.target import sentence as target_sentence
from dlprof.session.text import clean_line

_FOOTPRINT = (
    ("host: import", "host_import_bytes"),
    ("  model, data", "host_model_bytes"),
    ("  first steps", "host_first_steps_bytes"),
    ("  peak", "host_peak_bytes"),
)
_METRICS = (
    ("  accuracy", "accuracy"),
    ("  precision", "precision"),
    ("  recall", "recall"),
    ("  F1", "f1"),
)
_LONGEST_NAME = 100
COSTLY = 0.02
"""Share of a step from which on the cost of its stamps is worth a line."""
_SETTINGS = (
    ("steps a run", "steps"),
    ("seconds of stepping a run", "duration_s"),
    ("starts of each lane", "repeat"),
    ("loader processes", "workers"),
    ("seed", "seed"),
)


_CUT_OFF = "unfinished: its recorder was killed, or it is a copy of what went on; figures are of what is there"


def session_lines(figures: dict[str, Any], state: str | None) -> list[str]:
    """What was recorded, when, and on which machine; `state` is the session's, where known."""
    session = figures["session"]
    machine = session["machine"] if isinstance(session["machine"], dict) else {}
    gpus = machine.get("gpus") or []
    names = ", ".join(str(gpu.get("name")) for gpu in gpus if isinstance(gpu, dict)) or "no GPU"
    cores = machine.get("cores") or {}
    state = state or ("complete" if session["complete"] else f"being recorded, or {UNFINISHED}")
    noted = "" if state == "complete" else f" ({state})"
    texts = [f"session {session['name']}, {session['started_at']}{noted}"]
    texts += [f"note: {session['note']}"] if session["note"] else []
    texts.append(f"{machine.get('cpu')}, {cores.get('usable') or cores.get('logical')} cores, {names}")
    texts += [_CUT_OFF] if state == UNFINISHED else []
    texts += [_left_out(figures["runs"])] if session["leaves_out_disturbed"] else []
    return [clean_line(text) for text in (*texts, _how(session)) if text]


def _how(session: dict[str, Any]) -> str:
    """With what, and with which of the settings that figures depend on; empty where the session does not say."""
    settings, versions = (told if isinstance(told, dict) else {} for told in (session["settings"], session["versions"]))
    with_what = [f"{name} {versions[name]}" for name in ("dlprof", "python") if versions.get(name)]
    if not with_what:
        return ""
    told = [f"{label}: {settings[key]:g}" for label, key in _SETTINGS if isinstance(settings.get(key), int | float)]
    return ", ".join([*with_what, f"schedule: {session['schedule']}", *told])


def _left_out(runs: list[dict[str, Any]]) -> str:
    unknown = [run_name(run) for run in runs if run["turns"]["disturbed"] is None]
    count = sum(run["turns"]["left_out"] for run in runs)
    none_left = [run_name(run) for run in runs if run["turns"]["left_out"] == run["turns"]["total"] > 0]
    return "; ".join(
        [
            f"disturbed turns left out: {grouped(count)}",
            *([f"nothing is left of {', '.join(none_left)}"] if none_left else []),
            *([f"not known of {', '.join(unknown)}"] if unknown else []),
        ]
    )


def by_lane(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The starts of each lane next to each other, the lanes in the order in which they began."""
    lanes = [*dict.fromkeys(run["lane"] for run in runs)]
    return sorted(runs, key=lambda run: (lanes.index(run["lane"]), run["repeat"]))


def run_cells(run: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The rows of a run's column: label and figure."""
    steps, turns, cost = run["steps"], run["turns"], run["overhead"]
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
    yield "  us a step", _whole(cost["us_per_step"])
    yield "cost of stacks", _cost(cost["stacks"] or {})
    yield "loss last", _loss(run["loss"]["last"])
    yield "held-out loss", _loss(run["metrics"]["loss"])
    for label, key in _METRICS:
        yield label, _number(run["metrics"][key], "{:.3f}")
    for label, key in _FOOTPRINT:
        shared_out = key == "host_peak_bytes" and run["memory"]["host_peak_basis"] == "pss"
        yield label, f"{_bytes(run['memory'][key])}{' PSS' if shared_out else ''}"
    yield "  growth", _growth(run["memory"])
    yield "stack samples", _number(run["stacks"]["samples"], "{:,.0f}")


def remarks(runs: list[dict[str, Any]], compared: bool) -> list[str]:
    """A line for each thing to know of a task's runs; `compared`: whether verdicts speak of their disturbed turns."""
    data = sentence(runs[0]["data"] or {})
    said = [
        *([clean_line(data, 400)] if data else []),
        *lane_settings(runs),
        *_compiling(runs),
        *_notes(runs),
        *_not_evaluated(runs),
        *_targets(runs),
        *_unweighed(runs),
        *_costly(runs),
        *_endings(runs),
    ]
    return said if compared else [*said, *_disturbed_turns(runs)]


def run_name(run: dict[str, Any]) -> str:
    """The lane, with the number of its start from the second on."""
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


def _compiling(runs: list[dict[str, Any]]) -> list[str]:
    """How long steps took in which something was traced or compiled, most of them of the warm-up."""
    return [
        f"{run_name(run)}: {_steps(found['steps'])} that traced or compiled, in the warm-up or later, took "
        f"{found['seconds']:.1f} s"
        for run in runs
        if (found := run["compiling"])["steps"]
    ]


def _steps(count: int) -> str:
    return f"{grouped(count)} step{'' if count == 1 else 's'}"


def _not_evaluated(runs: list[dict[str, Any]]) -> list[str]:
    """Why a run that came to its end has no metrics."""
    silent = [run for run in runs if run["status"] == "completed" and run["metrics"]["accuracy"] is None]
    return [clean_line(f"{run_name(run)} metrics: {run['metrics']['accuracy_reason']}", 400) for run in silent]


def _targets(runs: list[dict[str, Any]]) -> list[str]:
    """How soon each run reached the accuracy that was asked for."""
    lines = [target_sentence(run_name(run), run["target"]) for run in runs]
    return [clean_line(line, 400) for line in lines if line is not None]


def _unweighed(runs: list[dict[str, Any]]) -> list[str]:
    """Why an own cost of a run with steps is not known, runs of one reason in one line."""
    said: dict[tuple[str, str], list[str]] = {}
    for run in runs:
        cost = run["overhead"]
        reasons = {"cost of stamps": cost.get("ratio_reason"), "cost of stacks": cost.get("stacks_reason")}
        for what, reason in reasons.items():
            if reason and run["steps"]["recorded"]:
                said.setdefault((what, str(reason)), []).append(run_name(run))
    return [clean_line(f"{', '.join(names)} {what}: {reason}", 400) for (what, reason), names in said.items()]


def _costly(runs: list[dict[str, Any]]) -> list[str]:
    """Whose stamps certainly take more of a step than COSTLY, or less than nothing."""
    lines = []
    for run in runs:
        low, high = run["overhead"]["ci95"] or (1.0, 1.0)
        cost = f"{run_name(run)}: its stamps take {_cost(run['overhead'])} of a step"
        if low > 1 + COSTLY:
            lines.append(f"{cost}, in what is shown of step and phases too")
        elif high < 1:
            lines.append(f"{cost}: less than nothing, so more than the stamps differs between steps with and without")
    return lines


def _disturbed(turns: dict[str, Any]) -> str:
    if turns["disturbed"] is None:
        return "-"
    return f"{grouped(turns['disturbed'])}{' left out' if turns['left_out'] else ''}"


def _cost(overhead: dict[str, Any]) -> str:
    if overhead.get("ratio") is None:
        return "-"
    low, high = overhead["ci95"]
    return f"{overhead['ratio'] - 1:+.1%} \u00b1{(high - low) / 2:.1%}"


def _endings(runs: list[dict[str, Any]]) -> list[str]:
    """Why runs ended that were not completed."""
    causes = [(run, run["stopped"] or _cause(run["error"])) for run in runs]
    return [clean_line(f"{run_name(run)} {run['status']}: {cause}", 400) for run, cause in causes if cause]


def _cause(error: dict[str, Any] | None) -> str | None:
    return None if error is None else str(error.get("cause") or error.get("message"))


def _disturbed_turns(runs: list[dict[str, Any]]) -> list[str]:
    """Of runs that no verdict speaks of: how many of their turns were disturbed."""
    return [
        f"{run_name(run)}: {_of_turns(turns)}; --leave-out-disturbed does not count them"
        for run in runs
        if (turns := run["turns"])["disturbed"] and not turns["left_out"]
    ]


def pair_lines(pair: dict[str, Any]) -> Iterator[str]:
    """The verdict on two lanes' steps; then what it rests on, and what disturbed turns have to do with it."""
    yield _verdict(pair["pair"], pair)
    if pair["step_ratio"] is not None:
        basis = starts_text(pair["repeats"], pair["process_spread"])
        yield f"{basis}; {pair['reason']}" if "reason" in pair else basis
    without = pair["without_disturbed"]
    if without is not None:
        as_before = pair["verdict"] == without["verdict"] == INCONCLUSIVE
        then = f"{INCONCLUSIVE} too" if as_before else _verdict(pair["pair"], without)
        yield f"{_of_turns(pair['turns'])}; without them (--leave-out-disturbed): {then}"
    elif pair["turns"]["left_out"]:
        yield f"{_of_turns(pair['turns'])}, and left out"
    elif pair["turns"]["disturbed"]:
        yield f"{_of_turns(pair['turns'])}; nothing is left without them"


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
    steps = f"step of {second} over that of {first} {ratio_figure(ratio)}, {interval}"
    return f"{first} and {second}: {found['verdict']}{margin} ({steps})"


def _of_turns(turns: dict[str, Any]) -> str:
    by = ", ".join(f"{reason} {grouped(count)}" for reason, count in turns["reasons"].items())
    verb = "was" if turns["disturbed"] == 1 else "were"
    return f"{grouped(turns['disturbed'])} of {grouped(turns['total'])} turns {verb} disturbed ({by})"


def _ms(row: dict[str, Any], key: str) -> str:
    value = row[key]
    return "-" if value is None else f"{value:.3f} {CLOCKS.get(row['clock'], '-')}"


def _number(value: Any, form: str) -> str:
    if value is None:
        return "-"
    text = form.format(value)
    return f"{value:.1e}" if value and not text.strip("-0.,") else text


def _loss(value: float | None) -> str:
    return "-" if value is None else loss_figure(value)


def _whole(value: float | None) -> str:
    return "-" if value is None else grouped(round(value))


def _bytes(value: int | None) -> str:
    return "-" if value is None else f"{value / 2**20:,.0f} MiB"


def _growth(memory: dict[str, Any]) -> str:
    interval = memory["host_slope_ci95_bytes_per_s"]
    if interval is None:
        return "-"
    low, high = interval
    return "none seen" if low <= 0 <= high else f"{memory['host_slope_bytes_per_s'] / 2**10:+,.0f} KiB/s"
