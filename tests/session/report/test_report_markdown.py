"""A report as Markdown: all of it there, and nothing foreign that is Markdown."""

import re
from dataclasses import replace

from made_reports import deployed, report_of, two_lanes, with_events

from dlprof.session.report.markdown import report_markdown

HOSTILE = "x|y <img src=x onerror=alert(1)> [a](https://b) @all `c` #1 **d**\n# e"


def test_tables_and_recommendations() -> None:
    text = report_markdown(report_of([deployed(run, "file", 100) for run in two_lanes(1.2, 5)]))
    lines = text.splitlines()
    assert lines[0] == "# dlprof report: session x, now"
    (step,) = [line for line in lines if line.startswith("| step | ")]
    assert re.search(r"\| [\d.]+ ms ±[\d.]+ % h \| [\d.]+ ms ±[\d.]+ % h \| a, 1\.\d\dx faster than b ", step)
    assert "- **Fast training**: a, which wins 1 of 1 figures and is beaten in none" in lines
    titles = [line for line in lines if line.startswith("### ")]
    assert [title.split()[1].strip(",:") for title in titles] == ["Forward", "Memory", "Deployment", "Evaluation"]
    for line in lines:
        if line.startswith("| "):
            assert line.count("|") in (5, 12), line


def test_nothing_foreign_is_markdown() -> None:
    runs = [
        with_events(
            replace(run, run=replace(run.run, lane=run.run.lane + HOSTILE, task=HOSTILE)),
            ("status", {"status": "failed", "cause": HOSTILE}),
        )
        for run in two_lanes(1.2, 3)
    ]
    text = report_markdown(report_of(runs, name=HOSTILE, note=HOSTILE, machine={"cpu": HOSTILE}))
    outside = re.sub(r"`[^`\n]*`", "", text)
    assert not re.search(r"<img|\]\(|@all|\*\*d|^# e|https:|#1", outside, re.MULTILINE)
    assert "`" not in outside
    heads = [line for line in text.splitlines() if line.startswith("| |")]
    assert heads
    assert all(re.sub(r"\\\|", "", head).count("|") == 8 for head in heads)
