"""What differs between two sides besides what is measured, and what of that makes comparing them meaningless."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlprof.session.compare.recording import Key, Recording, RunSummary, runs_of
from dlprof.session.text import clean_line

_MACHINE = ("host", "cpu", "cores", "memory_bytes", "os", "governor", "gpus")
_NOT_IN_REDACTED = ("host", "uuid")
"""Of a machine and of its GPUs: a redacted copy has another word in their place."""
_IGNORED_SETTINGS = ("lanes", "tasks", "repeat", "steps", "duration_s")
"""What is compared lane by lane, or sets only how long and how often."""
_UNKNOWN = "unknown"
_LANE = (
    "framework",
    "framework_version",
    "backend",
    "python",
    "jit",
    "device",
    "batch_size",
    "precision",
    "parameters",
    "threads",
    "determinism",
    "memory_growth",
    "input",
    "data",
)
_BLOCKING = ("batch_size", "precision", "parameters")
"""With another one of these, a step is another amount of work."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same; `blocks`: figures cannot be compared across it.

    `where`: ``machine``, ``versions``, ``settings``, or a lane. The two values are text; more than one where the
    recordings of a side differ among themselves.
    """

    where: str
    what: str
    baseline: str
    candidate: str
    blocks: bool = False

    def __str__(self) -> str:
        """As one line."""
        return f"{self.where} {self.what}: {self.baseline} -> {self.candidate}"


def differences(
    baseline: Sequence[Recording], candidate: Sequence[Recording], common: Sequence[Key]
) -> tuple[Difference, ...]:
    """What differs, that which blocks first."""
    found = [*_of_sessions(baseline, candidate)]
    for key in common:
        found += _of_lane(key, _runs(baseline, key), _runs(candidate, key))
    return tuple(sorted(found, key=lambda difference: not difference.blocks))


def _runs(side: Sequence[Recording], key: Key) -> list[RunSummary]:
    """The runs of lane `key`; those that failed, which say less of themselves, where there are no others."""
    return runs_of(side, key) or [run for recording in side for run in recording.runs if run.key == key]


def _of_sessions(baseline: Sequence[Recording], candidate: Sequence[Recording]) -> Iterator[Difference]:
    sides = (baseline, candidate)
    redacted = any(recording.is_redacted for side in sides for recording in side)
    hidden = _NOT_IN_REDACTED if redacted else ()
    for where, names in (("machine", _MACHINE), ("versions", None), ("settings", None)):
        parts = [[_mapping(_without(hidden, recording.meta.get(where))) for recording in side] for side in sides]
        for name in names or sorted({name for side in parts for part in side for name in part}):
            if name not in _IGNORED_SETTINGS:
                before, after = ([_text(part.get(name)) for part in side] for side in parts)
                yield from _differing(where, name, before, after)
    schedules = [[_text(recording.meta.get("schedule")) for recording in side] for side in sides]
    blocks = any("parallel" in side for side in schedules)
    yield from _differing("settings", "schedule", *schedules, blocks=blocks)


def _of_lane(key: Key, baseline: Sequence[RunSummary], candidate: Sequence[RunSummary]) -> Iterator[Difference]:
    sides = (baseline, candidate)
    for name in _LANE:
        values = (
            [_text(run.described.get(name)) for run in side if not run.failed or name in run.described]
            for side in sides
        )
        yield from _differing(str(key), name, *values, blocks=name in _BLOCKING)
    kinds = ([str(run.described.get("device")).partition(":")[0] for run in side] for side in sides)
    yield from _differing(str(key), "kind of device", *kinds, blocks=True)


def _differing(
    where: str, what: str, baseline: Sequence[str], candidate: Sequence[str], blocks: bool = False
) -> Iterator[Difference]:
    """A difference, where the values of the two sides are not one and the same."""
    before, after = (list(dict.fromkeys(side)) for side in (baseline, candidate))
    if not before or not after or (len(before) == 1 and before == after):
        return
    if sorted(before) == sorted(after) or _UNKNOWN in (*before, *after):
        blocks = False  # both sides have the same mixture, or an older recording does not say
    yield Difference(where, what, " and ".join(before), " and ".join(after), blocks)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(item)}" for name, item in sorted(value.items())) or "none"
    if isinstance(value, list):
        return "; ".join(_text(item) for item in value) or "none"
    return _UNKNOWN if value is None else clean_line(str(value), 200)


def _without(hidden: Sequence[str], value: Any) -> Any:
    """`value` without what is `hidden`, at any depth."""
    if isinstance(value, dict):
        return {name: _without(hidden, item) for name, item in value.items() if name not in hidden}
    return [_without(hidden, item) for item in value] if isinstance(value, list) else value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
