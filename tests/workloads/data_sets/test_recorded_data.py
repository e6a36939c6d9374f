"""Recordings of real data sets, from files in their formats, as a user makes them."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import made_data
import pytest

from dlprof.control import RecorderProcess
from dlprof.data_choice import chosen_data
from dlprof.options import recording_options, resolve_plan
from dlprof.session.file import SessionReader
from dlprof.session.report.figures import report
from dlprof.workloads.data_sets.named import NAMED
from dlprof.workloads.tasks import TASKS

pytestmark = pytest.mark.slow
OTHERS = [name for name in NAMED if name != "mnist" and any(map(chosen_data(name).fits, TASKS))]
ROOT = Path(__file__).parents[3]


def record(path: Path, *options: str, keras_home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dlprof", "--record", str(path), "--no-overhead-check", *options]
    environment = {**os.environ, "KERAS_HOME": str(keras_home)}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)


def reported(path: Path) -> list[dict[str, Any]]:
    return report(SessionReader(path).history())["runs"]


def test_mnist_from_keras_cache(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    made_data.mnist(tmp_path)
    done = record(path, "--lanes", "torch", "--data", "mnist", "--steps", "200", keras_home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "mnist-mlp: preparing mnist" in done.stderr
    (run,) = reported(path)
    assert (run["task"], run["data"]["samples"], run["data"]["held_out"]) == ("mnist-mlp", 2000, 300)
    assert run["metrics"]["accuracy"] > 0.9
    text = subprocess.run(
        [sys.executable, "-m", "dlprof", "report", str(path)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert f"data: mnist, of sha256 {run['data']['sha256'][:12]}; 2,000 samples" in " ".join(text.stdout.split())


def test_texts_from_a_csv_in_two_frameworks(tmp_path: Path) -> None:
    """Two lanes with as many labels as the file has, whose first losses agree; one of them saved and loaded again."""
    path = tmp_path / "a.dlprof"
    data = made_data.texts(tmp_path / "own.csv", 2000)
    options = ("--lanes", "torch,tensorflow", "--tasks", "text-cnn", "--steps", "150", "--deploy")
    options += ("--target-accuracy", "90%")
    done = record(path, *options, "--data", str(data), keras_home=tmp_path)
    assert done.returncode == 0, done.stderr
    history = SessionReader(path).history()
    torch, tensorflow = report(history)["runs"]
    assert torch["parameters"] == tensorflow["parameters"] == 722693 - 2 * 129
    assert torch["data"]["labels"] == 3
    for run in (torch, tensorflow):
        target, stepping = run["target"], run["stepping_s"]
        assert (target["accuracy"], target["best"] >= 0.9, target["looks"] > 0) == (0.9, True, True)
        assert (0 < target["steps"] <= 150, 0 < target["seconds"] <= stepping) == (True, True)
    assert min(torch["metrics"]["f1"], tensorflow["metrics"]["f1"]) > 0.9
    first, second = (run.steps.losses[:20] for run in history.runs)
    assert abs(first / second - 1).max() < 1e-3
    reasons = {tried["format"]: tried.get("reason") for tried in torch["deploy"]["formats"]}
    assert reasons["state_dict"] is None


@pytest.mark.parametrize("name", OTHERS)
def test_every_named_data_set(tmp_path: Path, name: str) -> None:
    """In the first task that takes it."""
    path = tmp_path / "a.dlprof"
    getattr(made_data, name.replace("-", "_"))(tmp_path)
    (task, *_) = [task for task in TASKS if chosen_data(name).fits(task)]
    options = ("--lanes", "torch", "--tasks", task, "--steps", "5", "--data", name)
    done = record(path, *options, keras_home=tmp_path)
    assert done.returncode == 0, done.stderr
    (run,) = reported(path)
    assert (run["status"], run["data"]["data"], run["metrics"]["accuracy"] is None) == ("completed", name, False)
    if name == "reuters":
        assert (run["data"]["labels"], run["metrics"]["exact_match"] is None) == (46, False)


def test_a_folder_of_images(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    folder = made_data.image_folder(tmp_path / "own", ("cats", "dogs"), 100)
    done = record(path, "--lanes", "torch", "--data", str(folder), "--steps", "100", keras_home=tmp_path)
    assert done.returncode == 0, done.stderr
    (run,) = reported(path)
    assert (run["task"], run["data"]["data"], run["data"]["files"]) == ("mnist-mlp", str(folder), 200)
    assert run["loss"]["last"] < 1 < run["loss"]["first"]


def test_a_file_of_no_use_leaves_no_session(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    made_data.mnist(tmp_path).write_bytes(b"rubbish")
    done = record(path, "--lanes", "torch", "--data", "mnist", "--steps", "5", keras_home=tmp_path)
    assert done.returncode == 2
    assert "mnist.npz: cannot be read as .npz" in done.stderr.splitlines()[-1]
    assert not path.exists()


def test_whoever_started_the_recorder_hears_why_there_is_no_session(tmp_path: Path) -> None:
    data = tmp_path / "own.csv"
    data.write_text("text,tags\na,b\n")
    parser = argparse.ArgumentParser()
    recording_options(parser)
    words = ("--lanes", "torch", "--data", str(data), "--steps", "5")
    recorder = RecorderProcess(resolve_plan(parser.parse_args(words), tmp_path / "a.dlprof"))
    recorder.wait_until_recording()
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    for _ in range(2):  # a screen asks more than once
        assert "own.csv: has no column labels" in (recorder.failure() or "")
    recorder.interrupt()  # which closes the pipes
    assert list(tmp_path.iterdir()) == [data]
