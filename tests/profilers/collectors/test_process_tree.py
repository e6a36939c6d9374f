"""Trees of real processes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from dlprof.profilers.collectors import process_tree as process_trees
from dlprof.profilers.collectors.process_tree import process_tree

TREE = """
import subprocess, sys, threading
generations = int(sys.argv[1])
if generations:
    command = [sys.executable, "-c", sys.argv[2], str(generations - 1), sys.argv[2]]
    begun = threading.Event()
    def start():
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            begun.set()
            sys.stdin.read()
            child.communicate()
    threading.Thread(target=start).start()
    begun.wait()
    print(flush=True)
else:
    print(flush=True)
    sys.stdin.read()
"""


@contextmanager
def tree(generations: int) -> Iterator[int]:
    """A process whose second thread started another, and so on."""
    command = [sys.executable, "-c", TREE, str(generations), TREE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield process.pid
        process.communicate()


def test_a_tree_is_what_every_thread_started_and_what_that_started() -> None:
    with tree(3) as root:
        found = process_tree(root)
        assert found == [root, *(child.pid for child in psutil.Process(root).children(recursive=True))]
        assert len(found) == 4


def test_where_the_kernel_lists_no_children_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with tree(2) as root:
        found = process_tree(root)
        monkeypatch.setattr(process_trees, "KERNEL_LISTS_CHILDREN", False)
        assert process_tree(root) == found


@pytest.mark.parametrize("listed", [True, False])
def test_of_a_process_that_is_gone_there_is_its_pid_alone(monkeypatch: pytest.MonkeyPatch, listed: bool) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    if not listed:
        monkeypatch.setattr(process_trees, "KERNEL_LISTS_CHILDREN", False)
    assert process_tree(process.pid) == [process.pid]
