"""A comparison as a JUnit report: a test case for each row that decides, and for each run of the candidate that failed.

A regression is a failure, a failed run an error, and what is inconclusive counts as skipped, with its reason.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dlprof.session.compare.model import Comparison, Row
from dlprof.session.compare.quantities import INCONCLUSIVE, REGRESSIONS
from dlprof.session.compare.recording import Key
from dlprof.session.compare.text import comparison_text
from dlprof.session.compare.wording import change_text, outcome_text, ratio_text
from dlprof.session.text import clean

_WIDTH = 100
"""Of the text in the report, columns."""


def comparison_junit(comparison: Comparison) -> str:
    """`comparison` as XML."""
    rows = comparison.gate_rows
    failures = [failure for failure in comparison.failures if failure.side == "candidate"]
    counts = {
        "tests": len(rows) + len(failures),
        "failures": sum(row.verdict in REGRESSIONS for _, row in rows),
        "errors": len(failures),
        "skipped": sum(row.verdict == INCONCLUSIVE for _, row in rows),
    }
    root = Element("testsuites")
    suite = SubElement(root, "testsuite", {"name": "dlprof compare", **{key: str(n) for key, n in counts.items()}})
    for failure in failures:
        case = _case(suite, failure.key, "run")
        SubElement(case, "error", {"message": _text(failure.cause), "type": "failed run"})
    for key, row in rows:
        _judged(_case(suite, key, row.quantity.label), row)
    SubElement(suite, "system-out").text = _text(f"{outcome_text(comparison)}\n\n{comparison_text(comparison, _WIDTH)}")
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode")


def _case(suite: Element, key: Key, name: str) -> Element:
    return SubElement(suite, "testcase", {"classname": _text(str(key).replace(".", "_")), "name": name})


def _judged(case: Element, row: Row) -> None:
    ratio, interval = ratio_text(row)
    if row.verdict in REGRESSIONS:
        said = f"{change_text(row)}: ratio {ratio}, 95 % interval {interval}"
        SubElement(case, "failure", {"message": _text(said), "type": row.verdict})
    elif row.verdict == INCONCLUSIVE:
        SubElement(case, "skipped", {"message": _text(f"{row.verdict}: {row.reason}")})


def _text(text: str) -> str:
    """`text` with the characters that XML allows."""
    return "".join(c for c in clean(text, 1 << 16) if c not in "\ufffe\uffff")
