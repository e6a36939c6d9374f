"""A report as a page: whole in one file, harmless whatever stands in it, and shown by a real browser."""

import re
import shutil
import struct
import subprocess
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from made_reports import deployed, report_of, two_lanes, with_events

from dlprof.session.report.html import report_html
from dlprof.session.report.plotting import ticks

HOSTILE = "\"'><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> & </title></style>"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here: apt-get install chromium")
LIGHT, DARK = 1, 0
"""Chromium's numbers of the colour schemes that a page can be asked for."""
MEASURE = """<script>
const narrow = document.documentElement.scrollWidth <= window.innerWidth;
const boxes = [...document.querySelectorAll('svg')].map(svg => svg.getBoundingClientRect());
const inside = [...document.querySelectorAll('svg :is(rect, line, circle, text)')].every(part => {
  const own = part.getBoundingClientRect(), whole = part.closest('svg').getBoundingClientRect();
  return own.right <= whole.right + 1 && own.bottom <= whole.bottom + 1 && own.left >= whole.left - 1;
});
const drawn = boxes.every(box => box.width > 100 && box.height > 50);
document.body.dataset.found = `narrow ${narrow}, plots ${boxes.length} ${drawn}, inside ${inside}`;
</script></body>"""


@pytest.fixture(scope="module")
def page() -> str:
    metrics = {"loss": 0.5, "accuracy": 0.9, "precision": 0.8, "recall": 0.7, "f1": 0.75}
    runs = [deployed(run, "file", 100 + run.run.repeat) for run in two_lanes(1.2, 3)]
    return report_html(report_of([with_events(run, ("metrics", metrics)) for run in runs]))


@pytest.fixture(scope="module")
def hostile_page() -> str:
    runs = [
        with_events(
            replace(run, run=replace(run.run, lane=run.run.lane + HOSTILE, task=HOSTILE)),
            ("status", {"status": "stopped", "cause": HOSTILE}),
        )
        for run in two_lanes(1.2, 3)
    ]
    broken = replace(runs[0], run=replace(runs[0].run, id=99, lane="c"))
    runs.append(with_events(broken, ("status", {"status": "failed", "cause": HOSTILE})))
    return report_html(report_of(runs, name=HOSTILE, note=HOSTILE, machine={"cpu": HOSTILE}))


class Elements(HTMLParser):
    """The names of all elements, and the names of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_the_page_holds_tables_plots_and_recommendations(page: str) -> None:
    assert page.count("<table>") == 5
    plots = [ElementTree.fromstring(svg) for svg in re.findall(r"<svg .*?</svg>", page, re.DOTALL)]
    titles = [plot.findtext("title") for plot in plots]
    assert titles[1] == "mnist-mlp: step, with its interval"
    assert len(plots) == 7
    names = [text.text for text in plots[0].iter("text") if text.get("class") == "name"]
    assert names == ["a", "b"]
    assert '<div class="lane">a</div>' in page
    assert re.search(r'<td class="best" title="[^"]+, 95 % over 3 starts">', page)


def test_the_page_loads_and_runs_nothing(page: str, hostile_page: str) -> None:
    for text in (page, hostile_page):
        found = Elements()
        found.feed(text)
        assert not found.names & {"script", "img", "link", "iframe", "object", "embed", "a", "form", "base"}
        assert not found.attributes & {"src", "href", "onerror", "onload", "style"}
        assert "url(" not in text
        assert "@import" not in text


def test_hostile_names_are_text(hostile_page: str) -> None:
    assert "<script" not in hostile_page
    for svg in re.findall(r"<svg .*?</svg>", hostile_page, re.DOTALL):
        ElementTree.fromstring(svg)
    assert hostile_page.count("</style>") == 1


def test_a_session_without_steps_has_a_page() -> None:
    (run, _) = two_lanes(1, 1)
    text = report_html(report_of([replace(run, steps=run.steps.where(run.steps.column("turn") < 0))]))
    assert "no clear winner here" in text
    assert "<svg" not in text.partition("Memory")[0]


@pytest.mark.parametrize(("high", "last"), [(0.0, 0), (3.2, 3), (10, 10), (847, 800), (2e-3, 2e-3), (float("inf"), 0)])
def test_ticks_are_round_and_few(high: float, last: float) -> None:
    found = ticks(high)
    assert (found[0], found[-1]) == (0, pytest.approx(last))
    assert len(found) <= 7


def browse(path: Path, *options: str) -> str:
    assert BROWSER is not None
    profile = path.parent / "profile"
    fixed = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--virtual-time-budget=2000"]
    command = [BROWSER, *fixed, *options, path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def corner(png: bytes) -> tuple[int, ...]:
    """The colour of the first pixel. On the first row every filter leaves the first pixel as it is."""
    assert png.startswith(b"\x89PNG")
    data, place = b"", 8
    while place < len(png):
        length, kind = struct.unpack_from(">I4s", png, place)
        data += png[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
        place += 12 + length
    return tuple(zlib.decompress(data)[1:4])


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize(("scheme", "paper"), [(LIGHT, (255, 255, 255)), (DARK, (20, 24, 29))])
def test_a_browser_shows_it_in_light_and_dark(page: str, tmp_path: Path, scheme: int, paper: tuple[int, ...]) -> None:
    path, shot = tmp_path / "page.html", tmp_path / "shot.png"
    path.write_text(page)
    browse(path, f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={shot}", "--window-size=600,400")
    assert corner(shot.read_bytes()) == paper


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("width", [500, 1200])
def test_a_browser_lays_it_out(page: str, tmp_path: Path, width: int) -> None:
    """By a script of the test's own, in a copy without the policy that would forbid it."""
    path = tmp_path / "page.html"
    path.write_text(re.sub(r"<meta http-equiv[^>]*>", "", page).replace("</body>", MEASURE))
    found = browse(path, "--dump-dom", f"--window-size={width},800")
    assert 'data-found="narrow true, plots 7 true, inside true"' in found


@pytest.mark.slow
@needs_browser
def test_a_browser_runs_nothing_foreign(hostile_page: str, tmp_path: Path) -> None:
    """Not even without the policy."""
    path = tmp_path / "page.html"
    path.write_text(re.sub(r"<meta http-equiv[^>]*>", "", hostile_page).replace("</body>", MEASURE))
    found = browse(path, "--dump-dom")
    assert "<title>owned" not in found
    assert "data-found" in found
