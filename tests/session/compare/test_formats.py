"""A comparison as text, data, Markdown and JUnit."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from made_recordings import EXTENT, KEY, between, recording, run

from dlprof.session.compare.comparison import compare
from dlprof.session.compare.data import comparison_data
from dlprof.session.compare.junit import comparison_junit
from dlprof.session.compare.markdown import comparison_markdown
from dlprof.session.compare.model import Comparison
from dlprof.session.compare.quantities import QUANTITIES, Measure
from dlprof.session.compare.recording import Key, RunSummary
from dlprof.session.compare.stacks import FrameTimes
from dlprof.session.compare.text import comparison_text

VALUES = {"step": 1.25, "forward": 0.5, "throughput": 102400.0, "host_peak_bytes": 400 * 2.0**20}
FRAMES = (FrameTimes({("old", "a.py"): 400, ("steady", "a.py"): 400}), FrameTimes({("new", "a.py"): 800}))
HOSTILE = "x|<b>`@someone`</details>\n# [a](http://b)\x1b[31m\u202e\ufffe"


def made(change: float, frames: FrameTimes, key: Key = KEY) -> RunSummary:
    values = {name: value * change for name, value in VALUES.items()}
    whole = run(values, key, frames=frames)
    return replace(whole, measures={**whole.measures, "backward": Measure(0.2 * change, "probe")})


def compared(change: float = 1.1, key: Key = KEY) -> Comparison:
    sides = [
        [recording(made(factor, frames, key), at=2 * number + side) for number in range(3)]
        for side, (factor, frames) in enumerate(zip((1.0, change), FRAMES, strict=True))
    ]
    return between(sides)


def test_the_text_has_every_figure_with_its_unit() -> None:
    text = comparison_text(compared(), 100)
    assert re.search(r"^\* step +1\.2500 ms +1\.3750 ms +1\.100 +1\.100-1\.100 +slower$", text, re.MULTILINE)
    assert re.search(r"^  backward +~0\.2000 ms +~0\.2200 ms +~1\.100 ", text, re.MULTILINE)
    assert re.search(r"^  throughput +102,400/s +112,640/s .* faster$", text, re.MULTILINE)
    assert re.search(r"^  host peak +400\.0 MiB +440\.0 MiB .* more$", text, re.MULTILINE)
    assert "3 and 3 recordings, made in turn" in text
    assert "0% -> 100%, new new (a.py)" in text
    assert "regression (gate step; margin 3 %)\n  mnist-mlp torch step: slower, +10.0 %" in text


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_words_fit_the_terminal_and_columns_never_touch(width: int) -> None:
    sides = [
        [recording(made(factor, FRAMES[0]), at=at) for at in ats] for factor, ats in ((1.0, (0, 1)), (31.0, (2, 4)))
    ]
    text = comparison_text(between(sides), width)
    lines = text.splitlines()
    tables = [line for line in lines if re.match(r"[* ] (\w|  )", line) and re.search(r"\d-\d", line)]
    assert max(len(line) for line in lines if line not in tables) <= max(width, 90)
    assert all(len(re.split(r" {2,}", line.strip("* "))) == 6 for line in tables), tables
    assert "31x" in text
    assert "3000" not in text


def test_every_format_says_what_the_figures_rest_on() -> None:
    """Lengths and counts of both sides, and what was left out."""
    sides = [[recording(made(1.0, FRAMES[0]), at=at)] for at in (0, 1)]
    extent = replace(EXTENT, turns=20, disturbed=4, dropped=7)
    odd = replace(sides[1][0], runs=(replace(sides[1][0].runs[0], extent=extent),))
    found = between([sides[0], [odd]])
    text, markdown = comparison_text(found, 80), comparison_markdown(found)
    for label, before, after in (
        ("stepping", "0.8 s", "0.8 s"),
        ("turns", "3", "20"),
        ("disturbed", "0", "4"),
        ("steps counted", "1,940", "1,940"),
        ("warm-up", "12", "12"),
        ("cold", "8", "8"),
        ("dark", "40", "40"),
        ("dropped", "0", "7"),
    ):
        assert re.search(rf"^ +{label} +{before} +{after}$", text, re.MULTILINE), label
        assert f"| {label} | {before} | {after} | | | |" in markdown
    assert "compiled" not in text
    (lane,) = comparison_data(found)["lanes"]
    assert lane["extent"]["candidate"]["turns"] == {"total": 20, "disturbed": 4}
    assert lane["extent"]["baseline"]["steps"] == {
        "warmup": 12,
        "compiled": 0,
        "cold": 8,
        "left_out": 0,
        "dark": 40,
        "counted": 1940,
        "dropped": 0,
    }
    unknown = replace(odd, runs=(replace(odd.runs[0], extent=replace(extent, disturbed=None)),))
    found = between([sides[0], [unknown]])
    assert re.search(r"^ +disturbed +0 +-$", comparison_text(found, 80), re.MULTILINE)
    turns = comparison_data(found)["lanes"][0]["extent"]["candidate"]["turns"]
    assert (turns["disturbed"], bool(turns["disturbed_reason"])) == (None, True)


def test_what_is_not_available_says_why_once() -> None:
    text = comparison_text(compared(), 100)
    labels = [quantity.label for quantity in QUANTITIES if quantity.key not in (*VALUES, "backward")]
    assert " ".join(text.split()).count(", ".join(labels) + ": no sample") == 1


def test_the_data_have_the_documented_shape() -> None:
    data = json.loads(json.dumps(comparison_data(compared()), allow_nan=False))
    assert data["schema"] == "dlprof.compare/1"
    assert (data["outcome"], data["exit_code"], data["gate"]) == ("regression", 1, ["step"])
    (lane,) = data["lanes"]
    assert (lane["task"], lane["lane"], lane["mode"]) == ("mnist-mlp", "torch", "default")
    assert [one["quantity"] for one in lane["rows"]] == [quantity.key for quantity in QUANTITIES]
    step, unknown = (
        next(one for one in lane["rows"] if one["quantity"] == q) for q in ("step", "allocator_peak_bytes")
    )
    assert (step["baseline"], step["candidate"]) == (pytest.approx(1.25), pytest.approx(1.375))
    assert (step["ratio"], step["verdict"], step["gates"]) == (pytest.approx(1.1), "slower", True)
    assert step["basis"]["design"] == "pairs of recordings"
    assert (unknown["baseline"], unknown["baseline_reason"]) == (None, "no sample")
    assert (unknown["ratio"], unknown["ratio_reason"], unknown["ci95"]) == (None, "no sample", None)
    assert next(one for one in lane["frames"] if one["new"])["function"] == "new"


def test_foreign_strings_are_only_text_in_markdown() -> None:
    found = compared(key=Key(HOSTILE, "torch", "default"))
    markdown = comparison_markdown(replace(found, notes=(HOSTILE,), missing=(HOSTILE,)))
    assert "\x1b" not in markdown
    assert "\u202e" not in markdown
    outside = re.sub(r"`[^`\n]*`", "", markdown)
    assert "http://b" not in re.sub(r"<summary>.*</summary>", "", outside)
    assert "<b>" not in outside
    assert "@someone" not in outside
    assert markdown.count("<details") == markdown.count("\n</details>") == 1
    assert all(line.count("|") == 7 for line in markdown.splitlines() if line.startswith("|"))
    assert "| **step** | 1.2500 ms | 1.3750 ms | 1.100 | 1.100-1.100 | **slower** |" in markdown


def test_junit_counts_regressions_failed_runs_and_what_is_undecided() -> None:
    failed = recording(
        run({}, status="failed", cause=HOSTILE), made(1.0, FRAMES[0], Key("b", "torch", "default")), at=1
    )
    baseline = recording(made(1.0, FRAMES[0]), made(1.0, FRAMES[0], Key("b", "torch", "default")))
    suite = ElementTree.fromstring(comparison_junit(compare([baseline], [failed])))[0]
    assert (suite.attrib["tests"], suite.attrib["errors"], suite.attrib["skipped"]) == ("3", "1", "2")
    assert suite.findtext("system-out")
    slower = ElementTree.fromstring(comparison_junit(compared()))[0]
    (case,) = slower.findall("testcase")
    assert (case.attrib["name"], slower.attrib["failures"]) == ("step", "1")
    assert case[0].attrib["message"].startswith("slower, +10.0 %: ratio 1.100")
    passed = ElementTree.fromstring(comparison_junit(compared(1.0)))[0]
    assert [len(case) for case in passed.findall("testcase")] == [0]
