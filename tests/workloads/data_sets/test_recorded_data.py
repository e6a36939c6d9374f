"""Recordings of real data sets, from files in their formats, as a user makes them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import made_data
import pytest

from dlprof.session.file import SessionReader
from dlprof.session.report.figures import report

pytestmark = pytest.mark.slow
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


def test_a_file_of_no_use_leaves_no_session(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    made_data.mnist(tmp_path).write_bytes(b"rubbish")
    done = record(path, "--lanes", "torch", "--data", "mnist", "--steps", "5", keras_home=tmp_path)
    assert done.returncode == 2
    assert "mnist.npz: cannot be read as .npz" in done.stderr.splitlines()[-1]
    assert not path.exists()
