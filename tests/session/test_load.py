from pathlib import Path
from typing import Any

import builder
import pytest

from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory
from dlprof.session.load import device_of, load
from dlprof.session.memory import memory
from dlprof.session.records import DeviceLoad, DeviceMemory, Event, ProcessMemory, Record, Run, Turn

GPUS = [{"uuid": "GPU-a", "cuda": 1}, {"uuid": "GPU-b", "cuda": 0}, {"uuid": "GPU-c", "cuda": None}]


def recorded(tmp_path: Path, device: str, *records: Record) -> SessionHistory:
    path = tmp_path / "example.dlprof"
    writer = builder.new_writer(path, machine={"gpus": GPUS})
    writer.add([Run(1, "torch", "torch", None, "default", "mnist-mlp", 0, device, 10)])
    writer.add([Event(0, 1, "status", {"status": "stepping", "cause": None})])
    writer.add([Turn(1, 0, 100, 200, False), Turn(1, 1, 300, 400, True), *records])
    writer.finish(1000)
    return SessionReader(path).history()


def figures(history: SessionHistory) -> dict[str, Any]:
    return load(history.runs[0], history)


@pytest.mark.parametrize(
    ("device", "uuid"), [("cuda:1", "GPU-a"), ("cuda:0", "GPU-b"), ("cuda:2", None), ("cpu", None)]
)
def test_a_run_s_gpu(tmp_path: Path, device: str, uuid: str | None) -> None:
    history = recorded(tmp_path, device)
    assert device_of(history.runs[0], history) == uuid


def test_load_over_the_run_s_own_turns_on_its_own_gpu(tmp_path: Path) -> None:
    history = recorded(
        tmp_path,
        "cuda:1",
        DeviceLoad(50, "GPU-a", 1.0, 1.0, 9000, 9, "thermal", None),
        DeviceLoad(150, "GPU-a", 0.4, 0.0, 1000, 1000, "", None),
        DeviceLoad(150, "GPU-b", 1.0, 1.0, 9000, 9, "thermal", None),
        DeviceLoad(250, "GPU-a", 1.0, 1.0, 9000, 9, "thermal", None),
        DeviceLoad(350, "GPU-a", 0.6, 0.2, 2000, 1200, "power cap, thermal", None),
        DeviceLoad(360, "GPU-a", None, None, 3000, 1400, "thermal", "utilization: one; others_utilization: two"),
        DeviceLoad(450, "GPU-a", 1.0, 1.0, 9000, 9, "thermal", None),
    )
    assert figures(history) == {
        "device": "GPU-a",
        "samples": 3,
        "utilization_mean": 0.5,
        "others_utilization_mean": 0.1,
        "power_mean_w": 2.0,
        "clock_median_mhz": 1200,
        "throttled_share": pytest.approx(2 / 3),
        "throttled_by": ["power cap", "thermal"],
    }


def test_each_value_that_is_not_told_has_its_own_reason(tmp_path: Path) -> None:
    reason = "utilization: one; others_utilization: two; throttle: three"
    history = recorded(tmp_path, "cuda:1", DeviceLoad(150, "GPU-a", None, None, 1000, 1000, None, reason))
    found = figures(history)
    assert (found["utilization_mean_reason"], found["others_utilization_mean_reason"]) == ("one", "two")
    assert (found["throttled_share"], found["throttled_share_reason"]) == (None, "three")
    assert found["power_mean_w"] == 1


def test_without_samples_there_is_a_reason(tmp_path: Path) -> None:
    assert figures(recorded(tmp_path, "cpu"))["power_mean_w_reason"] == "the run is on the CPU"


def test_without_samples_on_a_gpu_there_is_a_reason(tmp_path: Path) -> None:
    assert "no sample" in figures(recorded(tmp_path, "cuda:0"))["power_mean_w_reason"]


def test_gpu_memory_is_of_the_run_s_own_gpu(tmp_path: Path) -> None:
    history = recorded(
        tmp_path,
        "cuda:1",
        DeviceMemory(150, "GPU-a", 30, 100, None),
        DeviceMemory(150, "GPU-b", 90, 100, None),
        ProcessMemory(1, 150, "GPU-a", 20, None),
        ProcessMemory(1, 150, "GPU-b", None, "not listed"),
    )
    found = memory(history.runs[0], history)
    assert (found["gpu_device_peak_bytes"], found["gpu_process_peak_bytes"]) == (30, 20)
