from pathlib import Path
from typing import Any

import builder

from dlprof.session.file import SessionReader
from dlprof.session.records import Event
from dlprof.session.report.figures import report
from dlprof.session.target import sentence

SETTINGS = {**builder.META["settings"], "target_accuracy": 0.9}


def found(path: Path, *looks: dict[str, Any], settings: Any = SETTINGS) -> Any:
    """`target` of a run with these looks."""
    writer = builder.new_writer(path, settings=settings)
    writer.add([*builder.beginning(), *builder.turn(0), *(Event(1, 1, "accuracy", look) for look in looks)])
    writer.finish(10 * builder.SECOND)
    return report(SessionReader(path).history())["runs"][0]["target"]


def look(accuracy: Any, steps: int) -> dict[str, Any]:
    return {"accuracy": accuracy, "steps": steps, "stepping_ns": steps * 10_000_000, "took_ns": 1}


def test_the_first_look_that_reached_it_counts(tmp_path: Path) -> None:
    target = found(tmp_path / "a", look(0.5, 100), look(0.92, 1200), look(0.8, 1300), look(0.95, 1400))
    assert (target["seconds"], target["steps"], target["looks"], target["best"]) == (12.0, 1200, 4, 0.95)
    assert sentence("torch", target) == "torch to 0.9 accuracy: 12.0 s of stepping, 1,200 steps"


def test_what_was_not_reached_has_a_reason(tmp_path: Path) -> None:
    below = found(tmp_path / "a", look(0.5, 100), look(0.8, 200))
    assert (below["seconds"], below["seconds_reason"]) == (None, "not reached; 0.800 at best, in 2 looks")
    never = found(tmp_path / "b", {"accuracy": "0.99", "steps": 1, "stepping_ns": 1}, {"accuracy": 0.99})
    assert never["seconds_reason"].startswith("not looked at")
    assert sentence("torch", never) == f"torch to 0.9 accuracy: {never['seconds_reason']}"


def test_nobody_asked(tmp_path: Path) -> None:
    assert found(tmp_path / "a", look(0.99, 5), settings=builder.META["settings"]) is None
    assert sentence("torch", None) is None
