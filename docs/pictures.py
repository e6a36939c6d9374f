"""Makes the pictures of the screens in this folder.

SESSION and OTHER, an earlier one, are recordings of the default tasks.

`python docs/pictures.py SESSION OTHER`, with the sessions' folder (`XDG_DATA_HOME`) that the set-up screen shall list.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.extend(str(Path(__file__).resolve().parents[1] / "tests" / folder) for folder in ("session", "tui"))
from screens import text, until

from dlprof.live import live_app
from dlprof.options import recording_options
from dlprof.tui.app import DlprofApp
from dlprof.tui.compare_feed import Sides, Source
from dlprof.tui.feed import Feed

HERE = Path(__file__).parent
SIZE = (132, 42)


async def pictured(app: DlprofApp, pictures: Iterable[tuple[tuple[str, ...], str, str | None]]) -> None:
    """Press keys, wait for a word, and keep a picture under a name, where there is one; for each of `pictures`."""
    async with app.run_test(size=SIZE) as pilot:
        for keys, word, name in pictures:
            await pilot.press(*keys)
            await until(pilot, lambda word=word: word in text(app))
            await pilot.pause(0.3)
            if name is not None:
                (HERE / f"{name}.svg").write_text(app.export_screenshot(title="dlprof"), encoding="utf-8")
                print(HERE / f"{name}.svg", flush=True)


def set_up() -> DlprofApp:
    parser = argparse.ArgumentParser()
    recording_options(parser)
    return live_app(parser.parse_args([], argparse.Namespace(refresh=None, theme=None)))


def replay(path: Path) -> DlprofApp:
    return DlprofApp(Feed(path, lambda: False))


def compare(path: Path, other: Path) -> DlprofApp:
    return DlprofApp(Sides((Source(path, path.stem),), (Source(other, other.stem),)))


def main() -> None:
    parser = argparse.ArgumentParser(description="make the pictures of the screens in docs/")
    parser.add_argument("session", type=Path)
    parser.add_argument("other", type=Path)
    options = parser.parse_args()
    screens: list[tuple[Callable[[], DlprofApp], list[tuple[tuple[str, ...], str, str | None]]]] = [
        (set_up, [((), "complete", "set-up")]),
        (
            lambda: replay(options.session),
            [
                (("space", "9"), "backward", "session"),
                (("l",), "completed", "events"),
                (("l", "question_mark"), "close this help", "help"),
                (("escape", "end", "s"), "samples", "stacks"),
                (("v",), "samples", "flame"),
            ],
        ),
        (lambda: compare(options.other, options.session), [((), "verdict", "compare")]),
    ]
    for make, pictures in screens:
        asyncio.run(pictured(make(), pictures))


if __name__ == "__main__":
    main()
