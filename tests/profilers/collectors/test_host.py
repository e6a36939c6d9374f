"""Host memory of real process trees, as the kernel counts it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from dlprof.profilers.collectors.host import held_by, host_memory
from dlprof.session.records import HostMemory

MIB = 1 << 20
TREE = """
import os, sys
kept = b"x" * (64 << 20)
children, end = int(sys.argv[1]), os.pipe()
for _ in range(children):
    if os.fork() == 0:
        os.close(end[1])
        print("child", flush=True)
        os.read(end[0], 1)
        os._exit(0)
print("parent", flush=True)
sys.stdin.read()
"""


@contextmanager
def tree(children: int) -> Iterator[HostMemory]:
    """A process that holds 64 MiB, which `children` forked from it share, like loader workers."""
    command = [sys.executable, "-c", TREE, str(children)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(children + 1):
            assert process.stdout.readline()
        (sample,) = host_memory({7: process.pid}, lambda: 5)
        yield sample
        process.communicate()


pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the kernel tells RSS alone")


def test_a_process_alone_holds_what_it_allocated() -> None:
    with tree(0) as sample:
        assert (sample.run, sample.t_ns, sample.processes) == (7, 5, 1)
        assert sample.uss is not None
        assert sample.pss is not None
        assert sample.peak_rss is not None
        assert 64 * MIB < sample.uss <= sample.pss <= sample.rss <= sample.peak_rss < 128 * MIB


def test_pages_that_workers_share_count_once_in_pss_and_in_each_in_rss() -> None:
    with tree(3) as sample:
        assert sample.processes == 4
        assert sample.pss is not None
        assert sample.uss is not None
        assert 64 * MIB < sample.pss < 128 * MIB
        assert sample.uss < 64 * MIB, "shared pages are nobody's own"
        assert sample.rss > 4 * 64 * MIB


def test_one_reading_agrees_with_psutil() -> None:
    held, said = held_by(os.getpid()), psutil.Process().memory_full_info()
    assert held is not None
    assert held.uss == pytest.approx(said.uss, rel=0.02)
    assert held.pss == pytest.approx(said.pss, rel=0.02)
    assert held.rss == pytest.approx(said.rss, rel=0.02)


def test_a_process_that_is_gone_gives_no_sample() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert host_memory({1: process.pid}, lambda: 0) == []


def test_a_zombie_gives_no_sample() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert host_memory({1: process.pid}, lambda: 0) == []
    process.wait()
