"""Which process a session's recorder is; the processes here are real ones."""

import os
import platform
import subprocess
import sys
from typing import Any

import pytest

from dlprof.session.liveness import _start_by_ps, is_live, other_host, own_entry, process_start, recorder_entry


def test_this_process_records() -> None:
    meta = {"recorder": own_entry(), "complete": False}
    assert is_live(meta)
    assert other_host(meta) is None
    assert not is_live({**meta, "complete": True})


@pytest.mark.parametrize(
    "changed",
    [
        {"start": "another"},
        {"start": ""},
        {"start": 1.5},
        {"host": "elsewhere"},
        {"host": 3},
        {"pid": str(os.getpid())},
        {"pid": True},
        {"pid": -1},
        {"pid": 0},
        {"pid": 2**70},
    ],
)
def test_nobody_records_where_the_entry_is_not_of_a_process_that_runs(changed: dict[str, Any]) -> None:
    assert not is_live({"recorder": {**own_entry(), **changed}})


@pytest.mark.parametrize("meta", [{}, {"recorder": None}, {"recorder": [1]}, {"recorder": {"pid": 1}}])
def test_a_session_without_a_recorder(meta: dict[str, Any]) -> None:
    assert recorder_entry(meta) is None
    assert not is_live(meta)
    assert other_host(meta) is None


def test_another_host_is_told_of_only_while_the_session_is_unfinished() -> None:
    meta = {"recorder": {**own_entry(), "host": "elsewhere"}}
    assert other_host(meta) == "elsewhere"
    assert other_host({**meta, "complete": True}) is None
    assert other_host({"recorder": {**own_entry(), "host": platform.node()}}) is None


@pytest.mark.parametrize("start_of", [process_start, _start_by_ps])
def test_a_start_is_the_process_s_own_and_ends_with_it(start_of: Any) -> None:
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert start_of(process.pid) == start_of(process.pid) is not None
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert start_of(process.pid) is None  # a zombie
    assert start_of(process.pid) is None


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_the_clock_and_a_hostile_name_change_nothing() -> None:
    program = "import sys; open('/proc/self/comm', 'w').write(') Z 1 2 (x'); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        boot, _, ticks = str(process_start(process.pid)).rpartition(":")
        own_boot, _, own_ticks = str(process_start(os.getpid())).rpartition(":")
        assert boot == own_boot
        assert int(ticks) >= int(own_ticks)  # since the boot, not a time of day
        process.communicate()
