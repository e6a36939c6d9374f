import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from dlprof.profilers.collectors.cgroup import candidates
from dlprof.profilers.collectors.load import (
    LoadMeter,
    LoadReading,
    ProcessTime,
    cpu_ticks,
    disturbance,
    own_cpu_ns,
    reaped_ticks,
    throttled_ns,
)

PATIENCE = 60.0
STAT = """\
cpu  900 90 90 9000 90 90 90 90 0 0
cpu0 100 10 20 7000 5 3 2 7 50 0
cpu1 200 0 30 6000 5 3 2 1 0 0
cpu11 1 1 1 1 1 1 1 1 0 0
intr 2445617 0 0
"""
PARENT_OF_A_SPINNER = """\
import subprocess, sys
spin = "import time\\nwhile time.process_time() < 0.3: pass\\nprint(1, flush=True)\\ninput()"
child = subprocess.Popen([sys.executable, "-I", "-c", spin], stdin=subprocess.PIPE)
input()
child.communicate(b"\\n")
print(2, flush=True)
input()
"""


def test_the_usable_cpus_of_proc_stat() -> None:
    assert cpu_ticks(STAT, {0}) == (130, 7)
    assert cpu_ticks(STAT, {0, 1}) == (360, 8)
    assert cpu_ticks(STAT, {5}) is None
    assert cpu_ticks("", {0}) is None


def test_ended_children_of_a_process_with_a_strange_name() -> None:
    assert reaped_ticks("7 (a) R 1) S 1 7 7 0 -1 4194304 1 2 3 4 50 60 70 80 20 0 1 0 9 1 1 1") == 150
    assert reaped_ticks("") == 0


def test_throttled_time_in_both_versions() -> None:
    assert throttled_ns("usage_usec 5\nnr_throttled 1\nthrottled_usec 12\n") == 12_000
    assert throttled_ns("nr_periods 0\nthrottled_time 34\n") == 34
    assert throttled_ns("usage_usec 5\n") is None
    assert throttled_ns("") is None


def test_where_cgroup_files_are() -> None:
    groups = "2:cpu,cpuacct:/a/b\n0::/c\n"
    found = [str(path) for path in candidates(groups, "cpu", "two", "one")]
    first = ["/sys/fs/cgroup/cpu/a/b/one", "/sys/fs/cgroup/cpu/one"]
    assert found == [*first, "/sys/fs/cgroup/c/two", "/sys/fs/cgroup/two"]


def test_processes_that_stay_begin_and_end() -> None:
    before = {1: ProcessTime(100, 10), 2: ProcessTime(50, 0), 3: ProcessTime(7, 0)}
    after = {1: ProcessTime(130, 75), 3: ProcessTime(9, 0), 4: ProcessTime(5, 1)}
    # 1 used 30; 2 used 15 more (65 in all) and was waited for by 1; 3 used 2; 4 is new with 6.
    assert own_cpu_ns(before, after) == 30 + 15 + 2 + 6
    # Nobody waited for 2: what it used since is not known, and its earlier time is not taken off.
    assert own_cpu_ns(before, {1: ProcessTime(130, 10)}) == 30


def test_what_is_not_told_stays_unknown() -> None:
    unknown = disturbance(LoadReading(None, None, None, {}), LoadReading(5, 5, 5, {}))
    assert (unknown.others_cpu_ns, unknown.steal_ns, unknown.throttled_ns) == (None, None, None)


@pytest.fixture
def spinner() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-I", "-c", "while True: pass"]) as process:
        yield process
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="counters of Linux")
def test_a_process_that_spins_is_seen_among_the_others(spinner: "subprocess.Popen[bytes]") -> None:
    meter, used = LoadMeter(), psutil.Process(spinner.pid).cpu_times
    began, deadline = used().user, time.monotonic() + PATIENCE
    # The same interval twice: once the spinner does not belong to the recording, once it does.
    as_other, as_own = meter.read([]), meter.read([spinner.pid])
    while used().user < began + 0.5:
        assert time.monotonic() < deadline
    disturbed = disturbance(as_other, meter.read([])).others_cpu_ns
    undisturbed = disturbance(as_own, meter.read([spinner.pid])).others_cpu_ns
    assert disturbed is not None
    assert undisturbed is not None
    assert disturbed > 0.4e9
    assert disturbed - undisturbed > 0.4e9


@pytest.mark.skipif(sys.platform != "linux", reason="counters of Linux")
def test_children_belong_to_their_parents() -> None:
    command = [sys.executable, "-I", "-c", PARENT_OF_A_SPINNER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        meter = LoadMeter()
        before = meter.read([parent.pid]).processes
        assert parent.stdout.readline() == b"1\n"
        alive = meter.read([parent.pid]).processes
        parent.stdin.write(b"\n")
        parent.stdin.flush()
        assert parent.stdout.readline() == b"2\n"
        waited_for = meter.read([parent.pid]).processes
        parent.communicate(b"\n")
    assert len(alive) == 3, "the test, the parent and its child"
    assert own_cpu_ns(before, alive) > 0.29e9
    assert own_cpu_ns(before, waited_for) > 0.25e9, "lost with the child"
    assert own_cpu_ns(alive, waited_for) < 0.25e9, "counted twice"
