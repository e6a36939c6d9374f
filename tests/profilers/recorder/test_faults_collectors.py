"""Collectors that fail in the middle of a recording: the stack sampler, and the driver of a GPU."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from made_lanes import ROOT, Recording, faulty, interpreter_with_lanes, until

from dlprof.profilers.recorder.watchdog import Patience
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory

pytestmark = pytest.mark.slow
PR_CAPBSET_DROP, CAP_SYS_PTRACE = 24, 19


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return interpreter_with_lanes(tmp_path_factory.mktemp("faulty"))


def shows(path: Path, condition: Callable[[SessionHistory], bool]) -> Callable[[], bool]:
    def look() -> bool:
        try:
            return condition(SessionReader(path).history())
        except SessionError:
            return False

    return look


def samplers(recording: Recording) -> list[psutil.Process]:
    return [process for process in recording.processes() if process.name() == "py-spy"]


def test_a_killed_stack_sampler_is_said_and_the_lane_goes_on(tmp_path: Path, python: str) -> None:
    path = tmp_path / "a.dlprof"
    recording = Recording(faulty(path, python, "default", duration_s=1.0))
    until(shows(path, lambda history: len(history.runs) > 0 and len(history.runs[0].turns) > 0))
    for sampler in samplers(recording):
        sampler.kill()
    assert recording.end() == (0, "")
    until(recording.gone)
    (run,) = SessionReader(path).history().runs
    assert run.status == "completed"
    assert "signal 9" in str(run.segments[0].reason)
    assert run.segments[0].spans == ()


@pytest.mark.skipif(sys.platform != "linux", reason="the rights of Linux")
def test_a_stack_sampler_that_is_denied_says_what_to_do(tmp_path: Path, python: str) -> None:
    path = tmp_path / "a.dlprof"
    options = {"preexec_fn": drop_the_right_to_trace} if os.getuid() == 0 else {}
    recording = Recording(faulty(path, python, "cannot_be_read", steps=50), options=options)
    assert recording.end() == (0, "")
    (run,) = SessionReader(path).history().runs
    assert run.status == "completed"
    assert "ptrace_scope" in str(run.segments[0].reason)


def drop_the_right_to_trace() -> None:
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0)


def test_a_gpu_that_is_lost_comes_back_or_never_answers(tmp_path: Path, python: str) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler to make the driver library with")
    source = ROOT / "tests" / "profilers" / "collectors" / "fake_nvml.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(tmp_path / "libnvidia-ml.so.1"), str(source)], check=True)
    mode, path = tmp_path / "mode", tmp_path / "a.dlprof"
    mode.write_text("normal")
    environment = {"LD_LIBRARY_PATH": str(tmp_path), "FAKE_NVML": str(mode)}
    recording = Recording(faulty(path, python, "default"), Patience(answer_s=2.0), environment=environment)
    until(shows(path, lambda history: any(sample.used == 400 for sample in history.devices)))
    for fault, words in (("lost", "fell off the bus"), ("mismatch", "driver was changed")):
        mode.write_text(fault)
        until(shows(path, lambda history, words=words: any(words in why for why in reasons(history))))
        before = len(SessionReader(path).history().devices)
        mode.write_text("normal")
        until(shows(path, lambda h, before=before: any(sample.used == 400 for sample in h.devices[before:])))
    mode.write_text("hung")
    until(shows(path, lambda history: any("did not answer" in why for why in reasons(history))))
    recording.process.send_signal(signal.SIGUSR1)
    assert recording.end() == (0, "")
    until(recording.gone)
    (run,) = SessionReader(path).history().runs
    assert run.status == "completed"


def reasons(history: SessionHistory) -> list[str]:
    return [str(event.data.get("reason")) for event in history.events if event.kind == "unavailable"]
