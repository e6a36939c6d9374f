"""Recordings as a user makes them: real frameworks, real processes, real signals."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from made_lanes import until

from dlprof.profilers.recorder.plan import LanePlan, Plan, TaskPlan
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.report.figures import report
from dlprof.session.stack_phases import WHOLE_STEP, time_by_phase
from dlprof.session.stacks import time_in_stacks

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
PATIENCE = 300.0


def start(path: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "dlprof", "--record", str(path), "--data-mb", "1", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def record(path: Path, *options: str) -> tuple[int, SessionHistory]:
    process = start(path, *options)
    out, err = process.communicate(timeout=PATIENCE)
    assert str(path) in out, err
    reader = SessionReader(path)
    return process.returncode, reader.history()


def peek(path: Path) -> SessionHistory | None:
    try:
        reader = SessionReader(path)
        return reader.history()
    except SessionError:
        return None


def stepping(path: Path, turns: int = 2) -> bool:
    history = peek(path)
    return history is not None and bool(history.runs) and all(len(run.turns) >= turns for run in history.runs)


def descendants(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def told_phases(run: RunHistory) -> set[str]:
    """The phases that sampled stacks of this framework's version tell."""
    return set(time_by_phase(time_in_stacks(run.segments, 0, math.inf)))


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "a.dlprof"


def test_three_frameworks_two_tasks(path: Path) -> None:
    code, history = record(path, "--steps", "40", "--stacks-hz", "50")
    assert code == 0
    assert history.complete
    assert [(run.run.task, run.run.lane, run.status) for run in history.runs] == [
        (task, lane, "completed") for task in ("mnist-mlp", "text-lstm") for lane in ("torch", "tensorflow", "keras")
    ]
    for run in history.runs:
        indices = run.steps.column("index").tolist()
        assert indices == list(range(len(indices)))
        assert len(run.steps) - run.warmup_steps == 40
        for phase in ("data", "forward", "backward", "optimizer"):
            assert (run.steps.counted.column(f"{phase}_ns") > 0).mean() > 0.9
        assert (run.steps.counted.column("other_ns") > -1e6).all()
        assert 0 < run.steps.counts.dark < len(run.steps.counted)
        assert set(run.clocks.values()) == ({"host"} if run.run.framework == "torch" else {"host", "in-graph"})
        assert run.host[-1].peak_rss
    for framework, telling in (("torch", {"forward", "backward"}), ("tensorflow", {WHOLE_STEP})):
        # Few samples fall into so few steps.
        told = {phase for run in history.runs if run.run.framework == framework for phase in told_phases(run)}
        assert told & telling
    # One lane at a time: no turn overlaps another of the same task.
    for task in history.tasks:
        turns = sorted((t.start_ns, t.end_ns) for run in history.runs if run.run.task == task for t in run.turns)
        assert all(end <= start for (_, end), (start, _) in pairwise(turns))
    figures = report(history)
    json.dumps(figures, allow_nan=False)
    parameters = {(run["task"], run["parameters"]) for run in figures["runs"]}
    assert parameters == {("mnist-mlp", 101770), ("text-lstm", 772229)}
    assert all(run["steps"]["dropped"] == 0 for run in figures["runs"])


def test_a_killed_lane_leaves_the_others_running(path: Path) -> None:
    process = start(path, "--lanes", "torch,tensorflow", "--tasks", "mnist-mlp", "--duration", "3s")
    until(lambda: stepping(path))
    lanes = [p for p in descendants(process) if any("bootstrap.py" in word for word in p.cmdline())]
    lanes[0].kill()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    history = peek(path)
    assert history is not None
    by_status = {run.status: run for run in history.runs}
    assert set(by_status) == {"killed", "completed"}
    assert "SIGKILL" in by_status["killed"].last("status")["cause"]


def test_a_crashed_lane_leaves_its_stack_in_the_session(path: Path) -> None:
    process = start(path, "--lanes", "torch,tensorflow", "--tasks", "mnist-mlp", "--duration", "3s")
    until(lambda: stepping(path))
    lanes = [p for p in descendants(process) if any("bootstrap.py" in word for word in p.cmdline())]
    lanes[0].send_signal(signal.SIGSEGV)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    history = peek(path)
    assert history is not None
    by_status = {run.status: run for run in history.runs}
    assert set(by_status) == {"failed", "completed"}
    failed = by_status["failed"]
    assert "SIGSEGV" in failed.last("status")["cause"]
    assert "most recent call first" in json.dumps(failed.last("output"))


def test_a_lane_that_raises_has_its_traceback_in_the_session(path: Path) -> None:
    code, history = record(
        path, "--lanes", "torch", "--tasks", "mnist-mlp", "--steps", "5", "--batch-size", "100000000"
    )
    assert code == 1
    assert history.runs[0].status == "failed"
    error = history.runs[0].last("error")
    assert "Traceback" in error["traceback"]
    assert "--batch-size" in history.runs[0].last("status")["cause"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_finishes_the_session_and_leaves_no_process(path: Path, number: signal.Signals) -> None:
    process = start(path, "--lanes", "torch", "--tasks", "mnist-mlp", "--duration", "1h", "--workers", "2")
    until(lambda: stepping(path))
    family = descendants(process)
    assert len([p for p in family if "bootstrap.py" in " ".join(p.cmdline())]) >= 3, "no loader workers"
    process.send_signal(number)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    until(lambda: all_gone(family))
    history = peek(path)
    assert history is not None
    assert history.complete
    assert history.runs[0].status == "interrupted"
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name]


def test_sighup_does_not_end_a_recording_with_a_length(path: Path) -> None:
    process = start(path, "--lanes", "torch", "--tasks", "mnist-mlp", "--duration", "2s")
    until(lambda: stepping(path, 1))
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def test_a_killed_recorder_takes_stopped_lanes_along(path: Path) -> None:
    process = start(path, "--lanes", "torch,tensorflow", "--tasks", "mnist-mlp", "--duration", "1h", "--workers", "1")
    until(lambda: stepping(path))
    family = descendants(process)
    until(lambda: any(p.is_running() and p.status() == psutil.STATUS_STOPPED for p in family))
    before = peek(path)
    os.kill(process.pid, signal.SIGKILL)
    killed = time.monotonic()
    process.communicate()
    until(lambda: all_gone(family))
    print(f"gone after {time.monotonic() - killed:.2f} s")
    after = peek(path)
    assert before is not None
    assert after is not None
    assert not after.complete
    assert after.horizon_ns >= before.horizon_ns
    assert len(after.runs[0].steps) >= len(before.runs[0].steps)


def test_a_lane_in_another_interpreter(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run([sys.executable, "-m", "venv", str(other)], check=True)
    python = other / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    install = [str(python), "-m", "pip", "install", "-q", "-c", str(constraints), "torch==2.13.0", "numpy"]
    subprocess.run(install, check=True, stderr=subprocess.DEVNULL)
    absent = subprocess.run([str(python), "-I", "-c", "import dlprof"], capture_output=True)
    assert absent.returncode != 0
    options = ("--lanes", "torch", "--tasks", "mnist-mlp", "--steps", "20", "--python", f"torch={python}")
    code, history = record(path, *options)
    assert code == 0
    assert history.runs[0].described["interpreter"] == str(python)


def test_a_framework_that_is_not_there_is_a_lane_that_says_so(path: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    options = ("--lanes", "torch,keras", "--tasks", "mnist-mlp", "--steps", "5")
    code, history = record(path, *options, "--python", f"keras={bare / 'bin' / 'python'}")
    assert code == 1
    assert {run.run.lane: run.status for run in history.runs} == {"torch": "completed", "keras": "unavailable"}
    assert "pip install" in history.runs[1].last("status")["cause"]


def test_in_parallel_lanes_step_at_once_and_start_again_for_each_repeat(path: Path) -> None:
    options = ("--lanes", "a=torch,b=torch", "--tasks", "mnist-mlp", "--steps", "100")
    code, history = record(path, *options, "--schedule", "parallel", "--repeat", "2")
    assert code == 0
    assert history.meta["schedule"] == "parallel"
    assert sorted((run.run.repeat, run.run.lane) for run in history.runs) == [(0, "a"), (0, "b"), (1, "a"), (1, "b")]
    assert all(run.status == "completed" for run in history.runs)
    for first, second in (history.runs[:2], history.runs[2:]):
        assert first.run.repeat == second.run.repeat
        assert first.turns[0].start_ns < second.turns[-1].end_ns
        assert second.turns[0].start_ns < first.turns[-1].end_ns
        assert first.segments[-1].stored_ns > first.turns[-1].end_ns
    assert max(run.events[-1].t_ns for run in history.runs[:2]) <= min(run.events[0].t_ns for run in history.runs[2:])
    for run in history.runs:
        assert run.cold_steps <= 4 * (len(run.segments) - 1), "only where the sampler was started anew"
        assert not any(turn.waited for turn in run.turns)
    assert len({run.steps.column("loss")[0] for run in history.runs}) == 1, "not the same data and seed"
    json.dumps(report(history), allow_nan=False)


def test_in_sequence_a_lane_starts_when_the_one_before_has_ended(path: Path) -> None:
    options = ("--lanes", "torch,tensorflow", "--tasks", "mnist-mlp", "--steps", "40")
    code, history = record(path, *options, "--schedule", "sequential")
    assert code == 0
    first, second = history.runs
    assert (first.run.lane, first.status) == ("torch", "completed")
    assert (second.run.lane, second.status) == ("tensorflow", "completed")
    assert first.events[-1].data["status"] == "completed"
    assert second.events[0].t_ns >= first.events[-1].t_ns
    for run in history.runs:
        assert run.turns
        assert run.cold_steps <= 4 * (len(run.segments) - 1), "only where the sampler was started anew"
        assert not any(turn.waited for turn in run.turns)


def test_an_interrupt_ends_lanes_that_step_at_once(path: Path) -> None:
    options = ("--lanes", "a=torch,b=torch", "--tasks", "mnist-mlp", "--duration", "1h", "--schedule", "parallel")
    process = start(path, *options)
    until(lambda: stepping(path, 1))
    family = descendants(process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    until(lambda: all_gone(family))
    history = peek(path)
    assert history is not None
    assert history.complete
    assert [run.status for run in history.runs] == ["interrupted", "interrupted"]


@pytest.mark.skipif(sys.platform != "linux", reason="counters of Linux")
def test_a_busy_neighbour_is_seen_in_every_turn(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-I", "-c", "while True: pass"]) as neighbour:
        _, history = record(path, "--lanes", "torch", "--tasks", "mnist-mlp", "--duration", "1s")
        neighbour.kill()
    turns = history.runs[0].turns
    others = [turn.others_cpu_ns for turn in turns if turn.others_cpu_ns is not None]
    assert len(others) == len(turns)
    assert min(others) > 0
    assert sum(others) > 0.2 * history.runs[0].stepping_ns
    assert all(turn.steal_ns is not None for turn in turns)


def test_the_plan_survives_its_journey_to_another_process() -> None:
    plan = Plan("/p", "n", (LanePlan("a", "torch", "m", "py", "cpu"),), (TaskPlan("t", 3),), duration_s=1.5)
    assert Plan.from_json(plan.to_json()) == plan
