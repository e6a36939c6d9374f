"""kill -9 of the recorder, of a lane and of the viewer at random moments, 50 times each: what is lost, what is left.

Two lanes without a framework, which also write each step into a file of their own. Steps that the session has not count
as lost where they had ended more than a second before the kill; of a lane that completes its run, all do.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "profilers" / "recorder"))
from kills import VICTIMS, Aftermath, kill
from made_lanes import interpreter_with_lanes

LATEST_S = {"recorder": 4.0, "lane": 2.0, "viewer": 4.0}
"""Moments up to then: about where the lanes of such a recording are in their turns, or at their end."""


def kills(victim: str, times: int, folder: Path, python: str) -> list[Aftermath]:
    """What came of each of `times` kills."""
    moments, found = random.Random(victim), []
    for number in range(times):
        own = folder / f"{victim}-{number}"
        own.mkdir()
        found.append(kill(victim, moments.uniform(0.0, LATEST_S[victim]), own, python))
    return found


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--times", type=int, default=50)
    options.add_argument("--victims", nargs="+", choices=VICTIMS, default=VICTIMS)
    given = options.parse_args()
    print("killed     times; file: opens, not yet made, does not open; steps lost; processes left; how lanes ended")
    with tempfile.TemporaryDirectory() as name:
        python = interpreter_with_lanes(Path(name))
        for victim in given.victims:
            found = kills(victim, given.times, Path(name), python)
            files = Counter(after.file if after.file in ("opens", "none") else "damaged" for after in found)
            ends = Counter(status for after in found for status in after.ended.values())
            lost, left = sum(after.lost for after in found), sum(after.remaining for after in found)
            words = ", ".join(f"{count} {status}" for status, count in ends.most_common())
            counts = f"{files['opens']:5} {files['none']:3} {files['damaged']:3}"
            print(f"{victim:10} {len(found):5} {counts} {lost:6} {left:3}   {words}", flush=True)
            for after in found:
                if after.lost or after.remaining or after.file not in ("opens", "none"):
                    print(f"  at {after.moment_s:.3f} s: {after}")


if __name__ == "__main__":
    main()
