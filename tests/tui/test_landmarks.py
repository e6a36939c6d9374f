from pathlib import Path

import builder
from screens import begin

from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory
from dlprof.session.records import WARM_UP, HostMemory, ProcessMemory, Step
from dlprof.tui.landmarks import Landmark, memory_peaks, next_of, slowest_steps

SECOND, MS = builder.SECOND, builder.MS


def recorded(path: Path) -> SessionHistory:
    writer = begin(path)
    writer.add([Step(1, 60, 20 * SECOND, 50 * MS, 1, 1, 1, 1, 1.0, 0, 3)])
    writer.add([Step(1, 61, 21 * SECOND, 90 * MS, 1, 1, 1, 1, 1.0, WARM_UP, 3)])
    writer.add([HostMemory(3, 22 * SECOND, 1, 900 << 20, 900 << 20, 1), HostMemory(3, 23 * SECOND, 1, 1, 900 << 20, 1)])
    writer.add([ProcessMemory(2, 24 * SECOND, "GPU-1", None, "not listed")])
    writer.add([ProcessMemory(2, 25 * SECOND, "GPU-1", 2 << 30, None), ProcessMemory(2, 26 * SECOND, "GPU-1", 1, None)])
    writer.finish(30 * SECOND)
    return SessionReader(path).history()


def test_the_slowest_step_of_each_lane_is_one_that_counts(tmp_path: Path) -> None:
    first, *others = slowest_steps(recorded(tmp_path / "a.dlprof").runs)
    assert first == Landmark(20 * SECOND + 50 * MS, "torch: its slowest step that counts, number 60: 50.00 ms (host)")
    assert [landmark.said.partition(":")[0] for landmark in others] == ["keras", "tensorflow"]


def test_memory_peaks_are_the_first_moment_of_the_most(tmp_path: Path) -> None:
    peaks = memory_peaks(recorded(tmp_path / "a.dlprof").runs)
    assert peaks[:2] == (
        Landmark(25 * SECOND, "tensorflow: its most GPU memory: 2.0G"),
        Landmark(22 * SECOND, "keras: its most resident host memory: 900M"),
    )
    assert len(peaks) == 4


def test_pressed_again_it_is_the_next() -> None:
    landmarks = [Landmark(5, "a"), Landmark(3, "b")]
    assert [next_of(landmarks, at) for at in (0, 5, 3, 4)] == [landmarks[0], landmarks[1], landmarks[0], landmarks[0]]
    assert next_of([], 0) is None


def test_before_any_step_there_is_none(tmp_path: Path) -> None:
    writer = builder.new_writer(tmp_path / "a.dlprof")
    writer.add(builder.beginning())
    writer.finish(SECOND)
    runs = SessionReader(tmp_path / "a.dlprof").history().runs
    assert slowest_steps(runs) == memory_peaks(runs) == ()
