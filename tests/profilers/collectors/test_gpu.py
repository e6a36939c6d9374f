"""NVML through its real bindings, against a small driver library compiled here. No GPU is involved."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dlprof.profilers.collectors.gpu import cuda_order
from dlprof.profilers.collectors.gpu_load import held_down

PROGRAM = """
import json, os, sys
from dataclasses import asdict
from dlprof.profilers.collectors.gpu import GpuSampler
sampler = GpuSampler()
answers = []
for mode in sys.argv[2:]:
    open(sys.argv[1], "w").write(mode.replace("me", str(os.getpid())))
    sampler._retry_at = 0.0
    samples = sampler.sample({1: [11], 2: [22, 11], 3: [33, os.getpid()]}, lambda: 7)
    answers.append({**asdict(samples), "reason": sampler.reason, "free": sampler.free()})
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
    environment.pop("CUDA_VISIBLE_DEVICES", None)
    environment["LD_LIBRARY_PATH"] = str(library or "")
    command = [sys.executable, "-c", PROGRAM, str(control), *modes]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_memory_of_device_and_processes(library: Path, tmp_path: Path) -> None:
    gpus, [answer] = ask(library, tmp_path, "normal", "normal")
    assert gpus == [{"uuid": "GPU-fake", "name": "Fake 9000", "driver": "999.1", "cuda": 0}]
    assert answer["reason"] is None
    assert answer["devices"] == [{"t_ns": 7, "device": "GPU-fake", "used": 400, "total": 1000, "reason": None}]
    assert answer["free"] == {"cuda:0": 600}
    processes = answer["processes"]
    assert [p["used"] for p in processes] == [100, 150, None]
    assert "does not list" in processes[2]["reason"]


@pytest.mark.parametrize(("mode", "word"), [("untold", "by process"), ("zero", "container")])
def test_a_process_s_memory_can_be_unknown(library: Path, tmp_path: Path, mode: str, word: str) -> None:
    _, [answer] = ask(library, tmp_path, "normal", mode)
    assert answer["devices"][0]["used"] == 400
    assert answer["processes"][0]["used"] is None
    assert word in answer["processes"][0]["reason"]


def test_a_device_that_does_not_tell(library: Path, tmp_path: Path) -> None:
    _, [answer] = ask(library, tmp_path, "normal", "unsupported")
    assert answer["devices"][0]["used"] is None
    assert "does not tell" in answer["devices"][0]["reason"]
    assert answer["free"] == {}


def test_a_lost_gpu_comes_back(library: Path, tmp_path: Path) -> None:
    _, [lost, back] = ask(library, tmp_path, "normal", "lost", "normal")
    assert lost["devices"][0]["used"] is None
    assert "lost" in lost["reason"]
    assert lost["loads"][0]["clock_mhz"] is None
    assert lost["loads"][0]["reason"].count("fell off the bus") == 5
    assert back["devices"][0]["used"] == 400
    assert back["loads"][0]["clock_mhz"] == 1410
    assert back["reason"] is None


def test_load_of_a_device(library: Path, tmp_path: Path) -> None:
    _, [answer] = ask(library, tmp_path, "normal", "normal me 1")
    assert answer["loads"] == [
        {
            "t_ns": 7,
            "device": "GPU-fake",
            "utilization": 0.5,
            "others_utilization": 0.2,
            "power_mw": 71500,
            "clock_mhz": 1410,
            "throttle": "",
            "reason": None,
        }
    ]


def test_nobody_is_busy(library: Path, tmp_path: Path) -> None:
    _, [answer] = ask(library, tmp_path, "normal", "normal")
    assert answer["loads"][0]["others_utilization"] == 0
    assert answer["loads"][0]["reason"] is None


def test_pids_of_another_namespace_say_nothing_of_others(library: Path, tmp_path: Path) -> None:
    _, [answer] = ask(library, tmp_path, "normal", f"normal me {2**31 - 1}")
    assert answer["loads"][0]["others_utilization"] is None
    assert answer["loads"][0]["reason"] == "others_utilization: a container hides the processes that use the GPU"
    assert answer["loads"][0]["utilization"] == 0.5


@pytest.mark.parametrize(("mode", "words"), [("hot", "thermal"), ("capped", "power cap")])
def test_what_holds_the_clocks_down(library: Path, tmp_path: Path, mode: str, words: str) -> None:
    _, [answer] = ask(library, tmp_path, "normal", mode)
    assert answer["loads"][0]["throttle"] == words


def test_a_load_that_is_told_in_part(library: Path, tmp_path: Path) -> None:
    _, [answer] = ask(library, tmp_path, "normal", "unsupported")
    (load,) = answer["loads"]
    assert (load["utilization"], load["others_utilization"], load["power_mw"]) == (None, None, None)
    assert (load["clock_mhz"], load["throttle"]) == (1410, "")
    assert "utilization: this GPU does not tell it; " in load["reason"]
    assert "power: no permission" in load["reason"]


def test_names_of_what_holds_clocks_down() -> None:
    assert held_down(0) == ""
    assert held_down(0x1) == "", "idle"
    assert held_down(0x4 | 0x20 | 0x8) == "thermal, power cap"
    assert held_down(0x8) == "hardware slowdown"
    assert held_down(1 << 40) == ""


@pytest.mark.parametrize(
    ("visible", "order"),
    [
        (None, ["GPU-a1", "GPU-b2", "GPU-b3"]),
        ("", []),
        ("-1", []),
        ("2,0", ["GPU-b3", "GPU-a1"]),
        ("GPU-b2, GPU-a", ["GPU-b2", "GPU-a1"]),
        ("1,7,0", ["GPU-b2"]),
        ("GPU-b", []),
    ],
)
def test_cuda_counts_the_gpus_that_it_sees(visible: str | None, order: list[str]) -> None:
    assert cuda_order(["GPU-a1", "GPU-b2", "GPU-b3"], visible) == order


@pytest.mark.parametrize(("mode", "word"), [("mismatch", "changed while"), ("unloaded", "not loaded")])
def test_a_driver_that_does_not_answer(library: Path, tmp_path: Path, mode: str, word: str) -> None:
    gpus, [answer] = ask(library, tmp_path, mode, mode)
    assert (gpus, answer["devices"], answer["processes"], answer["loads"]) == ([], [], [], [])
    assert word in answer["reason"]


def test_no_driver(tmp_path: Path) -> None:
    if any(Path(folder, "libnvidia-ml.so.1").exists() for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib64")):
        pytest.skip("this machine has an NVIDIA driver")
    _, [answer] = ask(None, tmp_path, "normal", "normal")
    assert "no NVIDIA driver library" in answer["reason"]
