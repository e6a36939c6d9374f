"""NVML through its real bindings, against a small driver library compiled here. No GPU is involved."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import json, sys
from dataclasses import asdict
from dlprof.profilers.collectors.gpu import GpuSampler
sampler = GpuSampler()
answers = []
for mode in sys.argv[2:]:
    open(sys.argv[1], "w").write(mode)
    sampler._retry_at = 0.0
    devices, processes = sampler.sample({1: [11], 2: [22, 11], 3: [33]}, lambda: 7)
    answers.append([[asdict(d) for d in devices], [asdict(p) for p in processes], sampler.reason])
print(json.dumps([sampler.gpus(), answers]))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler to make the driver library with")
    folder = tmp_path_factory.mktemp("nvml")
    source = Path(__file__).with_name("fake_nvml.c")
    command = [compiler, "-shared", "-fPIC", "-o", str(folder / "libnvidia-ml.so.1"), str(source)]
    subprocess.run(command, check=True)
    return folder


def ask(library: Path | None, tmp_path: Path, first: str, *modes: str) -> Any:
    control = tmp_path / "mode"
    control.write_text(first)
    environment = {**os.environ, "FAKE_NVML": str(control), "PYTHONPATH": str(Path(__file__).parents[3])}
    environment["LD_LIBRARY_PATH"] = str(library or "")
    command = [sys.executable, "-c", PROGRAM, str(control), *modes]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_memory_of_device_and_processes(library: Path, tmp_path: Path) -> None:
    gpus, [[devices, processes, reason]] = ask(library, tmp_path, "normal", "normal")
    assert gpus == [{"uuid": "GPU-fake", "name": "Fake 9000", "driver": "999.1"}]
    assert reason is None
    assert devices == [{"t_ns": 7, "device": "GPU-fake", "used": 400, "total": 1000, "reason": None}]
    assert [p["used"] for p in processes] == [100, 150, None]
    assert "does not list" in processes[2]["reason"]


@pytest.mark.parametrize(("mode", "word"), [("untold", "by process"), ("zero", "container")])
def test_a_process_s_memory_can_be_unknown(library: Path, tmp_path: Path, mode: str, word: str) -> None:
    _, [[devices, processes, _]] = ask(library, tmp_path, "normal", mode)
    assert devices[0]["used"] == 400
    assert processes[0]["used"] is None
    assert word in processes[0]["reason"]


def test_a_device_that_does_not_tell(library: Path, tmp_path: Path) -> None:
    _, [[devices, _, _]] = ask(library, tmp_path, "normal", "unsupported")
    assert devices[0]["used"] is None
    assert "does not tell" in devices[0]["reason"]


def test_a_lost_gpu_comes_back(library: Path, tmp_path: Path) -> None:
    _, [[lost, _, reason], [back, _, after]] = ask(library, tmp_path, "normal", "lost", "normal")
    assert lost[0]["used"] is None
    assert "lost" in reason
    assert back[0]["used"] == 400
    assert after is None


@pytest.mark.parametrize(("mode", "word"), [("mismatch", "changed while"), ("unloaded", "not loaded")])
def test_a_driver_that_does_not_answer(library: Path, tmp_path: Path, mode: str, word: str) -> None:
    gpus, [[devices, processes, reason]] = ask(library, tmp_path, mode, mode)
    assert (gpus, devices, processes) == ([], [], [])
    assert word in reason


def test_no_driver(tmp_path: Path) -> None:
    if any(Path(folder, "libnvidia-ml.so.1").exists() for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib64")):
        pytest.skip("this machine has an NVIDIA driver")
    _, [[_, _, reason]] = ask(None, tmp_path, "normal", "normal")
    assert "no NVIDIA driver library" in reason
