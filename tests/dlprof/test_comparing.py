"""`dlprof compare` on real files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import builder
import pytest

from dlprof.cli import main
from dlprof.session.records import Event, Run, Step


def made(folder: Path, number: int, slower: float = 1.0, batch: int = 128, **changes: Any) -> str:
    """A session of three lanes; `slower` makes torch's steps that much longer."""
    path = folder / f"{number:02}-{slower}-{batch}.dlprof"
    moment = f"2026-01-02T03:{number:02}:05+00:00"
    writer = builder.new_writer(path, **{"started_at": moment, "complete": True, **changes})
    writer.add([replace(r, batch_size=batch) if isinstance(r, Run) else r for r in builder.beginning()])
    for index in range(8):
        writer.add([_longer(r, slower) if isinstance(r, Step) and r.run == 1 else r for r in builder.turn(index)])
    writer.add([Event(90 * builder.SECOND, run, "status", {"status": "completed", "cause": None}) for run in (1, 2, 3)])
    writer.finish(100 * builder.SECOND)
    return str(path)


def _longer(step: Step, factor: float) -> Step:
    return replace(step, total_ns=int(step.total_ns * factor))


def sides(folder: Path, slower: float) -> tuple[str, ...]:
    before, after = (
        [made(folder, n, factor) for n in numbers] for factor, numbers in ((1.0, (0, 2, 4)), (slower, (1, 3, 5)))
    )
    return ("--baseline", *before, "--candidate", *after)


@pytest.mark.parametrize(("slower", "code", "words"), [(1.0, 0, "no regression"), (1.1, 1, "torch step: slower, +")])
def test_the_exit_code_says_what_came_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], slower: float, code: int, words: str
) -> None:
    assert main(["compare", *sides(tmp_path, slower)]) == code
    assert words in capsys.readouterr().out


def test_two_recordings_are_inconclusive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", made(tmp_path, 0), made(tmp_path, 1, 1.05)]) == 3
    assert "or more would be named" in " ".join(capsys.readouterr().out.split())


def test_a_failed_run_of_the_candidate_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failing = tmp_path / "failed.dlprof"
    writer = builder.new_writer(failing, started_at="2026-01-02T04:00:00+00:00", complete=True)
    writer.add(builder.beginning())
    writer.add([Event(4, 2, "status", {"status": "failed", "cause": "no \x1b[1mmemory"})])
    writer.finish(100 * builder.SECOND)
    assert main(["compare", made(tmp_path, 0), str(failing)]) == 1
    assert "mnist-mlp tensorflow: no memory" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["json", "markdown", "junit", "text"])
def test_every_format_can_be_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    assert main(["compare", *sides(tmp_path, 1.1), "--format", form, "--gate", "step,memory"]) == 1
    out = capsys.readouterr().out
    if form == "json":
        data = json.loads(out)
        assert [lane["lane"] for lane in data["lanes"]] == ["torch", "tensorflow", "keras"]
        assert sum(row["gates"] for lane in data["lanes"] for row in lane["rows"]) == 6
    assert "slower" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("A",), ("1 session given", "dlprof compare A B", "--baseline")),
        (("A", "B", "C"), ("3 sessions given",)),
        (("--baseline", "A"), ("both --baseline", "--candidate")),
        (("A", "B", "--candidate", "C"), ("both --baseline",)),
        (("A", "B", "--margin", "3"), ("--margin", "'3'", "such as 3%")),
        (("A", "B", "--margin", "0%"), ("--margin", "'0%'")),
        (("A", "B", "--gate", "speed"), ("--gate 'speed'", "step", "memory", "host_peak_bytes")),
        (("A", "B", "--gate", ","), ("--gate is empty",)),
        (("A", "nowhere"), ("no session 'nowhere'", "dlprof sessions")),
        (("A", "A"), ("stands there twice", "--force")),
        (("A", "B", "--reference", "jax"), ("no lane 'jax'", "torch")),
        (("A", "SMALL"), ("batch_size: 128 -> 64", "--force")),
    ],
)
def test_misuse_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    files = {
        "A": made(tmp_path, 0),
        "B": made(tmp_path, 1),
        "C": made(tmp_path, 2),
        "SMALL": made(tmp_path, 3, 1.0, 64),
    }
    assert main(["compare", *(files.get(word, word) for word in arguments)]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert all(word in said for word in words), said


def test_what_is_refused_can_be_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", made(tmp_path, 0), made(tmp_path, 1, 1.0, 64), "--force"]) == 3
    assert "forced, the figures have no meaning" in capsys.readouterr().out
