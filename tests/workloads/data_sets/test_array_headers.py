"""Which tasks a `.npz` fits by its header, and what is said of files that fit none."""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path
from typing import Any

import made_data
import numpy as np
import pytest

from dlprof.arguments import Misuse
from dlprof.options import chosen_tasks, left_out, recording_options
from dlprof.workloads.data_sets.array_headers import inputs_of
from dlprof.workloads.data_sets.found import Unusable

DIGITS = ("mnist-mlp", "mnist-lenet", "mnist-convnet")
TEXTS = ("text-lstm", "text-gru", "text-cnn", "text-transformer")
Y = np.zeros(20, np.int64)


def asked(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    recording_options(parser)
    return parser.parse_args(words)


def saved(path: Path, **arrays: Any) -> str:
    np.savez(path, **arrays)
    return str(path)


@pytest.mark.parametrize(
    ("x", "first", "every"),
    [
        (np.zeros((20, 28, 28), np.uint8), "mnist-mlp", DIGITS),
        (np.zeros((20, 28, 28, 1), np.uint8), "mnist-mlp", DIGITS),
        (np.zeros((20, 32, 32, 3), np.uint8), "cifar-lenet", ("cifar-lenet",)),
        (np.zeros((20, 224, 224, 3), np.uint8), "resnet50", ("resnet50",)),
        (made_data.numbered_texts(20, 2)[0], "text-lstm", TEXTS),
    ],
)
def test_tasks_are_those_that_fit(tmp_path: Path, x: Any, first: str, every: tuple[str, ...]) -> None:
    path = saved(tmp_path / "own.npz", x_train=x, y_train=Y)
    assert chosen_tasks(asked("--data", path)) == (first,)
    options = asked("--data", path, "--tasks", "all")
    assert chosen_tasks(options) == every
    said = left_out(options) or ""
    assert said.startswith(f"--data {path} does not fit ")
    assert said.endswith(": left out")
    assert not {*every} & {*said.replace(",", " ").split()}
    with pytest.raises(Misuse, match=f"does not fit the task .*; it fits: {first}"):
        chosen_tasks(asked("--data", path, "--tasks", TEXTS[0] if first != TEXTS[0] else DIGITS[0]))


def test_nothing_is_left_out_of_what_was_not_asked_for(tmp_path: Path) -> None:
    path = saved(tmp_path / "own.npz", x=np.zeros((20, 28, 28), np.uint8), y=Y)
    assert left_out(asked("--data", path)) is None
    assert left_out(asked("--tasks", "all")) is None


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": np.zeros((20, 28, 28)), "y": Y}, ("x holds float64 of shape 28x28, which no task takes", "28x28x1 or")),
        ({"x": np.zeros((20, 50, 40, 3), np.uint8), "y": Y}, ("x holds uint8 of shape 50x40x3, which no task takes",)),
        ({"x": Y, "y": Y}, ("x holds int64, which no task takes", "lists of word numbers")),
        ({"pictures": Y, "classes": Y}, ("own.npz: holds classes, pictures; expected arrays x_train and y_train",)),
        ({"x_train": Y}, ("own.npz: has no y_train; expected arrays",)),
        ({}, ("own.npz: holds no array; expected arrays",)),
    ],
)
def test_arrays_that_no_task_takes_are_one_line(tmp_path: Path, arrays: Any, words: tuple[str, ...]) -> None:
    path = saved(tmp_path / "own.npz", **arrays)
    for tasks in ((), ("--tasks", "all"), ("--tasks", "mnist-mlp")):
        with pytest.raises(Misuse) as raised:
            chosen_tasks(asked("--data", path, *tasks))
        said = str(raised.value)
        assert said.startswith(f"--data {path}: ")
        assert "\n" not in said
        assert all(word in said for word in words), said


def test_a_task_of_the_users_own_may_take_other_shapes(tmp_path: Path) -> None:
    path = saved(tmp_path / "own.npz", x=np.zeros((20, 50, 40, 3), np.uint8), y=Y)
    assert chosen_tasks(asked("--data", path, "--tasks", "mine.py")) == ("mine.py",)
    with pytest.raises(Misuse, match=r"does not fit the task mnist-mlp; x holds uint8 of shape 50x40x3"):
        chosen_tasks(asked("--data", path, "--tasks", "mine.py,mnist-mlp"))


def test_a_file_that_is_no_zip(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    path.write_bytes(b"rubbish")
    with pytest.raises(Misuse, match=r"own\.npz: cannot be read as \.npz \(File is not a zip file\); expected arrays"):
        chosen_tasks(asked("--data", str(path)))


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\xff\xff{",
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
        b"\x93NUMPY\x09\x00\x01\x00{",
    ],
)
def test_a_header_that_is_none(tmp_path: Path, begin: bytes) -> None:
    path = tmp_path / "own.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", begin + b"\n\x1b[31m" * 10)
        archive.writestr("y.npy", b"")
    with pytest.raises(Unusable, match=r"own\.npz: cannot be read as \.npz"):
        inputs_of(path)
    with pytest.raises(Misuse) as raised:
        chosen_tasks(asked("--data", str(path)))
    assert str(raised.value).isprintable()


def test_the_numbers_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999, 28, 28), }".ljust(117) + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
        archive.writestr("y.npy", b"")
    assert inputs_of(path).shape == (99999999999, 28, 28)
    assert chosen_tasks(asked("--data", str(path))) == ("mnist-mlp",)
