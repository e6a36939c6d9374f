"""Verdicts on the rows of a comparison, each family of rows under one error rate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from dlprof.session.compare.model import LaneChange, Row
from dlprof.session.effects import LEVEL, Effect, Finding, holm
from dlprof.session.figures import change


def judged(lanes: Sequence[LaneChange], margin: float) -> Iterator[LaneChange]:
    """The lanes, their rows with verdicts; the rows of deployments are a family of their own."""
    rows = iter(_verdicts([row for lane in lanes for row in lane.rows], margin))
    tried = iter(_verdicts([row for lane in lanes for of in lane.formats for row in of.rows], margin))
    for lane in lanes:
        formats = tuple(replace(of, rows=tuple(islice(tried, len(of.rows)))) for of in lane.formats)
        yield replace(lane, rows=tuple(islice(rows, len(lane.rows))), formats=formats)


def _verdicts(rows: Sequence[Row], margin: float) -> list[Row]:
    """The rows with their verdicts: those that decide are one family, all others are another."""
    judged = list(rows)
    for gates in (True, False):
        family = [(index, row.effect) for index, row in enumerate(rows) if row.gates is gates and row.effect]
        alone = [effect.chance(margin) for _, effect in family]
        for (index, effect), own, together in zip(family, alone, holm(alone), strict=True):
            judged[index] = _with_verdict(rows[index], effect, margin, own, together, len(family))
    return judged


def _with_verdict(row: Row, effect: Effect, margin: float, alone: float, together: float, family: int) -> Row:
    finding = effect.finding(margin, together)
    reason = _why_undecided(effect, margin, alone, family) if finding is Finding.UNDECIDED else None
    return replace(row, verdict=row.quantity.word(finding), reason=reason, chance=together)


def _why_undecided(effect: Effect, margin: float, alone: float, family: int) -> str:
    beyond = abs(effect.log) > math.log1p(margin)
    if beyond and alone <= LEVEL:
        return f"a change by itself, but not among {family} rows that are looked at together"
    if effect.assumed:
        smallest = change(effect.named_from(margin)).removeprefix("+")
        return f"only a change of {smallest} or more would be named: record several, in turn"
    if beyond:
        return "beyond the margin, but the recordings differ too much from one another"
    return "within the margin, but the interval reaches beyond it"
